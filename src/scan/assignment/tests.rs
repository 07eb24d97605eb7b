//! Every syntax in every language where it is written: `¤` in a text marks the byte asked about.

use super::*;
use crate::scan::assignment::Form::{
    Block, Empty, Expression, Literal, Lookup, LookupDefault, Template,
};
use crate::scan::assignment::Lang::{
    Batch, C, CSharp, Docker, Elixir, Env, Go, Hcl, Java, JavaScript, Json, Lisp, Netrc, Php,
    PowerShell, Properties, Python, Ruby, Rust, Script, Shell, Text, Toml, Unknown, Xml, Yaml,
};
use proptest::prelude::*;

/// A language, a marked text, and the key, value and form that must be read there.
type Row = (Lang, &'static str, &'static str, &'static str, Form);

fn unmark(marked: &str) -> (String, usize) {
    let at = marked.find('¤').expect("the text has a mark");
    (marked.replacen('¤', "", 1), at)
}

fn cut(text: &[u8], span: Span) -> String {
    String::from_utf8_lossy(&text[span.range()]).into_owned()
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for &(lang, marked, key, value, form) in rows {
        let (text, at) = unmark(marked);
        let bytes = text.as_bytes();
        let seen = read_at(bytes, at, lang)
            .map(|a| (cut(bytes, a.key), cut(bytes, a.value), a.form, a.syntax));
        let fits = seen.as_ref().is_some_and(|(k, v, f, _)| {
            k == key && *f == form && (v == value || !matches!(form, Literal | LookupDefault))
        });
        if !fits {
            wrong.push(format!("{lang:?} {marked:?}: {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check_none(rows: &[(Lang, &str)]) {
    let mut wrong = Vec::new();
    for &(lang, marked) in rows {
        let (text, at) = unmark(marked);
        if let Some(a) = read_at(text.as_bytes(), at, lang) {
            wrong.push(format!("{lang:?} {marked:?}: {a:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn dotenv() {
    check(&[
        (Env, "SMTP_¤PASSWORD=pw-0", "SMTP_PASSWORD", "pw-0", Literal),
        (Env, "¤SMTP_PASSWORD = pw-0\nA=b", "SMTP_PASSWORD", "pw-0", Literal),
        (Env, "export SMTP_¤PASS='p w'\n", "SMTP_PASS", "p w", Literal),
        (Env, "SMTP_¤PASS=\"pw-0\" # note", "SMTP_PASS", "pw-0", Literal),
        (Env, "SMTP_¤PASS=pw-0 # note", "SMTP_PASS", "pw-0", Literal),
        (Env, "SMTP_¤HOST=pw#0", "SMTP_HOST", "pw#0", Literal),
        (Env, "SMTP_¤PASS=pw-0\r\nB=c", "SMTP_PASS", "pw-0", Literal),
        (Env, "# SMTP_¤PASS=pw-0", "SMTP_PASS", "pw-0", Literal),
        (Env, "SMTP_¤PASS=\nSMTP_USER=me", "SMTP_PASS", "", Empty),
        (Env, "SMTP_¤PASS= \r\nSMTP_USER=me", "SMTP_PASS", "", Empty),
        (Env, "SMTP_¤PASS=\"\"\nSMTP_USER=me", "SMTP_PASS", "", Empty),
        (Env, "SMTP_¤PASS=null", "SMTP_PASS", "", Empty),
        (Env, "SMTP_¤PASS= # none yet", "SMTP_PASS", "", Empty),
        (Env, "SMTP_¤HOST=\"pw-0\nSMTP_USER=\"me\"", "SMTP_HOST", "\"pw-0", Literal),
        (Env, "KEY_¤HOST=\"one\ntwo\"\nA=b", "KEY_HOST", "one\ntwo", Literal),
        (Env, "email.SMTP¤Pass = pw-0", "email.SMTPPass", "pw-0", Literal),
        (Env, "SMTP_¤PASS=${OTHER}", "SMTP_PASS", "", Template),
        (Env, "SMTP_¤PASS=$OTHER", "SMTP_PASS", "", Template),
        (Env, "SMTP_¤HOST=pa$$word1", "SMTP_HOST", "pa$$word1", Literal),
        (Env, "SMTP_¤PASS=${OTHER:-pw-0}", "SMTP_PASS", "pw-0", LookupDefault),
        (Env, "SMTP_¤PASS=`pw-0`", "SMTP_PASS", "pw-0", Literal),
        (Env, "MAIL_¤PASS=abcd efgh ijkl mnop", "MAIL_PASS", "abcd efgh ijkl mnop", Literal),
        (Env, "SMTP_¤PASS: pw-0", "SMTP_PASS", "pw-0", Literal),
    ]);
}

#[test]
fn shells() {
    check(&[
        (Shell, "export SMTP_¤PASS=pw-0; run", "SMTP_PASS", "pw-0", Literal),
        (Shell, "SMTP_¤PASS=pw-0 SMTP_USER=me run", "SMTP_PASS", "pw-0", Literal),
        (Shell, "SMTP_¤HOST=$(pass show smtp)", "SMTP_HOST", "", Template),
        (Shell, "SMTP_¤PASS=\"$1\"", "SMTP_PASS", "", Template),
        (Shell, "SMTP_¤PASS=${SMTP_PASS:-pw-0}", "SMTP_PASS", "pw-0", LookupDefault),
        (Shell, "x=${SMTP_¤PASS:-pw-0}", "SMTP_PASS", "pw-0", LookupDefault),
        (Shell, "docker run -e SMTP_¤PASS=pw-0 img", "SMTP_PASS", "pw-0", Literal),
        (Shell, "docker run -e \"SMTP_¤PASS=pw 0\" img", "SMTP_PASS", "pw", Literal),
        (Shell, "swaks --auth-¤password pw-0 --to x", "auth-password", "pw-0", Literal),
        (Shell, "run --smtp-¤password=pw-0 --to x", "smtp-password", "pw-0", Literal),
        (Shell, "run --smtp-¤password='pw 0'", "smtp-password", "pw 0", Literal),
        (Shell, "run --¤password $PW", "password", "", Template),
        (Shell, "git config --global sendemail.smtp¤Pass pw-0", "smtpPass", "pw-0", Literal),
        (Shell, "set -gx SMTP_¤PASS pw-0", "SMTP_PASS", "pw-0", Literal),
        (Text, "host smtp --user=u --¤pass=pw-0", "pass", "pw-0", Literal),
        (Batch, "set SMTP_¤PASS=pw-0\r\n", "SMTP_PASS", "pw-0", Literal),
        (Batch, "set \"SMTP_¤PASS=pw-0\"\r\n", "SMTP_PASS", "pw-0", Literal),
        (Batch, "setx SMTP_¤PASS pw-0", "SMTP_PASS", "pw-0", Literal),
        (Batch, "REM set SMTP_¤PASS=pw-0", "SMTP_PASS", "pw-0", Literal),
        (PowerShell, "$env:SMTP_¤PASS = \"pw-0\"", "SMTP_PASS", "pw-0", Literal),
        (PowerShell, "$¤password = ConvertTo-SecureString \"pw-0\" -AsPlainText -Force", "password", "pw-0", Literal),
        (PowerShell, "$¤password = $env:X", "password", "", Lookup),
        (PowerShell, "Send -Smtp¤Password \"pw-0\"", "SmtpPassword", "pw-0", Literal),
        (Docker, "ENV SMTP_¤PASS=pw-0 A=b", "SMTP_PASS", "pw-0", Literal),
        (Docker, "ENV SMTP_¤PASS pw-0\n", "SMTP_PASS", "pw-0", Literal),
        (Shell, "java -jar x --spring.mail.¤password=pw-0", "spring.mail.password", "pw-0", Literal),
        (JavaScript, "spawn('x', ['--¤password', 'pw-0'])", "password", "pw-0", Literal),
        (Yaml, "  - --smtp-¤password=pw-0", "smtp-password", "pw-0", Literal),
    ]);
    check_none(&[
        (Shell, "if [ $¤PASS == x ]; then"),
        (Shell, "echo ${¤PASS}"),
        (Shell, "--¤password --user x"),
        (Text, "the --¤password, or not"),
    ]);
}

#[test]
fn flat_files() {
    check(&[
        (Properties, "spring.mail.¤password=pw-0", "spring.mail.password", "pw-0", Literal),
        (Properties, "spring.mail.¤password=${SMTP_PASS}", "spring.mail.password", "", Template),
        (Properties, "spring.mail.¤password=${SMTP_PASS:pw-0}", "spring.mail.password", "pw-0", LookupDefault),
        (Properties, "¤smtp_password = pw-0 ; note", "smtp_password", "pw-0", Literal),
        (Properties, "; ¤smtp_password = pw-0", "smtp_password", "pw-0", Literal),
        (Properties, "¤password = \"pw-0\"", "password", "pw-0", Literal),
        (Properties, "¤password = \"\"\"pw-0\"\"\"", "password", "pw-0", Literal),
        (Properties, "set smtp_¤pass=\"pw-0\"", "smtp_pass", "pw-0", Literal),
        (Properties, "Auth¤Pass=pw-0\n", "AuthPass", "pw-0", Literal),
        (Properties, "¤password = ${?SMTP_PASS}", "password", "", Template),
        (Properties, "mail.¤password: pw-0", "mail.password", "pw-0", Literal),
        (Properties, "¤requirepass pw-0\n", "requirepass", "pw-0", Literal),
        (Properties, "¤password =\nuser = x", "password", "", Empty),
        (Netrc, "machine h login u ¤password pw-0", "password", "pw-0", Literal),
        (Netrc, "¤password \"pw-0\"", "password", "pw-0", Literal),
        (Netrc, "  ¤password   pw-0\n", "password", "pw-0", Literal),
        (Toml, "¤password = \"pw-0\"", "password", "pw-0", Literal),
        (Toml, "¤password = 'pw\\0'", "password", "pw\\0", Literal),
        (Toml, "¤pass = \"env(SMTP_PASS)\"", "pass", "", Lookup),
        (Toml, "smtp.¤password = '''pw-0'''", "smtp.password", "pw-0", Literal),
        (Hcl, "smtp_¤password = \"pw-0\"", "smtp_password", "pw-0", Literal),
        (Hcl, "smtp_¤password = var.smtp_password", "smtp_password", "", Lookup),
        (Hcl, "smtp_¤password = \"${var.x}\"", "smtp_password", "", Template),
    ]);
    check_none(&[(Properties, "the ¤password of the server is old")]);
}

#[test]
fn yaml() {
    check(&[
        (Yaml, "smtp:\n  ¤password: pw-0\n", "password", "pw-0", Literal),
        (Yaml, "  ¤password: pw-0 # note", "password", "pw-0", Literal),
        (Yaml, "  ¤password: pw#0", "password", "pw#0", Literal),
        (Yaml, "  ¤password: 'it''s'", "password", "it''s", Literal),
        (Yaml, "  \"¤password\": \"pw-0\"", "password", "pw-0", Literal),
        (Yaml, "  ¤password:\n  user: x", "password", "", Empty),
        (Yaml, "  ¤password: ~", "password", "", Empty),
        (Yaml, "  ¤password: |\n    pw-0\n  user: x", "password", "pw-0", Literal),
        (Yaml, "  ¤password: >-\n    pw-0\n    more\n  user: x", "password", "pw-0\n    more", Literal),
        (Yaml, "  ¤password: {{ vault_pw }}", "password", "", Template),
        (Yaml, "  ¤password: \"{{ pw | default('pw-0') }}\"", "password", "pw-0", LookupDefault),
        (Yaml, "  ¤password: ${SMTP_PASS:pw-0}", "password", "pw-0", LookupDefault),
        (Yaml, "  ¤password: ${SMTP_PASS:-}", "password", "", Template),
        (Yaml, "  ¤password: ${{ secrets.PW }}", "password", "", Template),
        (Yaml, "  ¤password: !vault |\n   123", "password", "", Lookup),
        (Yaml, "  ¤password: *pw", "password", "", Lookup),
        (Yaml, "  ¤password: !!str pw-0", "password", "pw-0", Literal),
        (Yaml, "  ¤password: &pw pw-0", "password", "pw-0", Literal),
        (Yaml, "  ¤password: '%env(X)%'", "password", "", Template),
        (Yaml, "  - SMTP_¤PASS=pw-0", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "  - \"SMTP_¤PASS=pw-0\"", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "  - SMTP_¤PASS=${SMTP_PASS}", "SMTP_PASS", "", Template),
        (Yaml, "smtp: {user: u, ¤password: pw-0, host: h}", "password", "pw-0", Literal),
        (Yaml, "smtp: {user: u, ¤password: pw-0}", "password", "pw-0", Literal),
        (Yaml, "  - name: SMTP_¤PASS\n    value: pw-0\n", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "  - name: SMTP_¤PASS\n    value: \"pw-0\"\n", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "  - value: pw-0\n    name: SMTP_¤PASS\n", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "  - {name: SMTP_¤PASS, value: pw-0}\n", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "mail__options__auth__¤pass: pw-0", "mail__options__auth__pass", "pw-0", Literal),
        (Yaml, "mail.¤password: 'pw-0'", "mail.password", "pw-0", Literal),
        (Yaml, "  # ¤password: pw-0", "password", "pw-0", Literal),
        (Yaml, "run: export SMTP_¤PASS=pw-0 && x", "SMTP_PASS", "pw-0", Literal),
        (Yaml, "¤password:\r\n  user: x", "password", "", Empty),
    ]);
    check_none(&[
        (Yaml, "  - name: SMTP_¤PASS\n    valueFrom:\n      secretKeyRef: x"),
        (Yaml, "a: \"the ¤password is wrong\""),
    ]);
}

#[test]
fn json_and_toml_like() {
    check(&[
        (Json, "{\"¤password\": \"pw-0\"}", "password", "pw-0", Literal),
        (Json, "{\"¤greeting\" : \"p\\\"w\", \"a\": 1}", "greeting", "p\\\"w", Literal),
        (Json, "{\"Abp.Mailing.Smtp.¤Password\":\"pw-0\"}", "Abp.Mailing.Smtp.Password", "pw-0", Literal),
        (Json, "{\"¤password\": null}", "password", "", Empty),
        (Json, "{\"¤port\": 587}", "port", "587", Literal),
        (Json, "{\"¤password\": {\"a\": 1}}", "password", "", Block),
        (Json, "{\"¤password\":\n  \"pw-0\"}", "password", "pw-0", Literal),
        (Json, r#"{"x": "{\"¤password\": \"pw-0\"}"}"#, "password", "pw-0", Literal),
        (Json, r#"{"x": "{\\\"¤password\\\": \\\"pw-0\\\"}"}"#, "password", "pw-0", Literal),
        (Json, r#"["EMAIL_¤PASSWORD = \"pw-0\"\n"]"#, "EMAIL_PASSWORD", "pw-0", Literal),
        (Json, r#"{"a": "X=1\nSMTP_¤PASS=pw-0\nB=2"}"#, "SMTP_PASS", "pw-0", Literal),
        (Json, "{\"name\": \"SMTP_¤PASS\", \"value\": \"pw-0\"}", "SMTP_PASS", "pw-0", Literal),
        (Json, "{\"value\": \"pw-0\", \"name\": \"SMTP_¤PASS\"}", "SMTP_PASS", "pw-0", Literal),
        (Json, "[{\n \"Name\": \"SMTP_¤PASS\",\n \"Value\": \"pw-0\"\n}]", "SMTP_PASS", "pw-0", Literal),
        (Json, "{\"c\": \"Host=h;Username=u;¤Password=pw-0;Port=1\"}", "Password", "pw-0", Literal),
        (Json, "{\"c\": \"Host=h;Username=u;¤Password=pw-0\"}", "Password", "pw-0", Literal),
        (Json, "{\"SMTP ¤Password\": \"pw-0\"}", "SMTP Password", "pw-0", Literal),
    ]);
    check_none(&[(Json, "[\"user\", \"¤password\", \"x\"]"), (Json, "{\"a\": \"¤password\"}")]);
}

#[test]
fn markup() {
    check(&[
        (Xml, "<smtp¤Password>pw-0</smtpPassword>", "smtpPassword", "pw-0", Literal),
        (Xml, "<¤password>\n  pw-0\n</password>", "password", "pw-0", Literal),
        (Xml, "<m:¤password enc=\"no\">pw-0</m:password>", "password", "pw-0", Literal),
        (Xml, "<¤password><![CDATA[pw<0]]></password>", "password", "pw<0", Literal),
        (Xml, "<¤password></password>", "password", "", Empty),
        (Xml, "<¤password>${PW}</password>", "password", "", Template),
        (Xml, "<!-- <¤password>pw-0</password> -->", "password", "pw-0", Literal),
        (Xml, "<add key=\"Smtp¤Password\" value=\"pw-0\"/>", "SmtpPassword", "pw-0", Literal),
        (Xml, "<add value=\"pw-0\" key=\"Smtp¤Password\" />", "SmtpPassword", "pw-0", Literal),
        (Xml, "<property name=\"¤password\" value=\"pw-0\"/>", "password", "pw-0", Literal),
        (Xml, "<property name=\"¤password\">pw-0</property>", "password", "pw-0", Literal),
        (Xml, "<prop key=\"mail.smtp.¤password\">pw-0</prop>", "mail.smtp.password", "pw-0", Literal),
        (Xml, "<network host=\"h\" ¤password=\"pw-0\"/>", "password", "pw-0", Literal),
        (Xml, "<network ¤greeting='p\\w'/>", "greeting", "p\\w", Literal),
        (Xml, "<network\n  ¤password = \"#{PW}\"/>", "password", "", Template),
        (Xml, "<add name=\"x\" connectionString=\"Server=h;¤Password=pw-0;\"/>", "Password", "pw-0", Literal),
        (Java, "// <¤password>pw-0</password>", "password", "pw-0", Literal),
        (Php, "$x = '<¤password>pw-0</password>';", "password", "pw-0", Literal),
    ]);
    check_none(&[
        (Xml, "<¤password/>"),
        (Xml, "<p>¤password</p>"),
        (Java, "List<¤Password> x = y;"),
        (Xml, "<label for=\"¤password\">Password</label>"),
    ]);
}

#[test]
fn php() {
    check(&[
        (Php, "$mail->¤Password = 'pw-0';", "Password", "pw-0", Literal),
        (Php, "$mail->¤Password   = \"pw-0\"; // x", "Password", "pw-0", Literal),
        (Php, "$config['smtp_¤pass'] = 'pw-0';", "smtp_pass", "pw-0", Literal),
        (Php, "$c['smtp.settings']['smtp_¤password'] = 'pw-0';", "smtp_password", "pw-0", Literal),
        (Php, "define('WPMS_SMTP_¤PASS','pw-0');", "WPMS_SMTP_PASS", "pw-0", Literal),
        (Php, "define( \"SMTP_¤PASS\", \"pw-0\" );", "SMTP_PASS", "pw-0", Literal),
        (Php, "define('SMTP_¤PASS', getenv('X'));", "SMTP_PASS", "", Lookup),
        (Php, "public $SMTP¤Pass = 'pw-0';", "SMTPPass", "pw-0", Literal),
        (Php, "public string $SMTP¤Pass = '';", "SMTPPass", "", Empty),
        (Php, "'¤password' => 'pw-0',", "password", "pw-0", Literal),
        (Php, "'¤password' => env('MAIL_PASSWORD'),", "password", "", Lookup),
        (Php, "'¤password' => env('MAIL_PASSWORD', 'pw-0'),", "password", "pw-0", LookupDefault),
        (Php, "'password' => env('MAIL_¤PASSWORD', 'pw-0'),", "MAIL_PASSWORD", "pw-0", LookupDefault),
        (Php, "'¤password' => getenv('P') ?: 'pw-0',", "password", "pw-0", LookupDefault),
        (Php, "'¤password' => $_ENV['P'] ?? 'pw-0',", "password", "pw-0", LookupDefault),
        (Php, "'¤password' => $pw,", "password", "", Expression),
        (Php, "'¤password' => 'abc' . $x,", "password", "", Expression),
        (Php, "'¤password' => null,", "password", "", Empty),
        (Php, "$¤password = \"a$b\";", "password", "", Template),
        (Php, "$¤password = 'a$b';", "password", "a$b", Literal),
        (Php, "->set¤Password('pw-0')", "setPassword", "pw-0", Literal),
        (Php, "->set¤Password($pw)", "setPassword", "", Expression),
        (Php, "$CFG->smtp¤pass = 'pw-0';", "smtppass", "pw-0", Literal),
        (Php, "putenv('SMTP_¤PASS=pw-0');", "SMTP_PASS", "pw-0", Literal),
        (Php, "'smtp' => [ '¤auth' => [ 'x' => 1 ] ]", "auth", "", Block),
        (Php, "$¤password = <<<EOT\nx\nEOT;", "password", "", Expression),
    ]);
    check_none(&[
        (Php, "if ($¤password == 'x') {"),
        (Php, "if ($¤password === 'x') {"),
        (Php, "if ($¤password != 'x') {"),
        (Php, "in_array('¤password', $x)"),
        (Php, "check_¤password('x')"),
        (Php, "function set¤Password() {"),
        (Php, "$a ? $¤password : 'x'"),
    ]);
}

#[test]
fn scripts() {
    check(&[
        (Python, "EMAIL_HOST_¤PASSWORD = \"pw-0\"", "EMAIL_HOST_PASSWORD", "pw-0", Literal),
        (Python, "app.config[\"MAIL_¤PASSWORD\"] = 'pw-0'", "MAIL_PASSWORD", "pw-0", Literal),
        (Python, "login(user=\"u\", ¤password=\"pw-0\")", "password", "pw-0", Literal),
        (Python, "¤password: str = \"pw-0\"", "password", "pw-0", Literal),
        (Python, "¤password: Optional[str] = None", "password", "", Empty),
        (Python, "¤password: Union[str, None] = \"pw-0\"", "password", "pw-0", Literal),
        (Python, "¤password: str", "password", "", Expression),
        (Python, "¤password = os.getenv(\"P\", \"pw-0\")", "password", "pw-0", LookupDefault),
        (Python, "¤password = os.environ.get('P', 'pw-0')", "password", "pw-0", LookupDefault),
        (Python, "x = os.environ.get('SMTP_¤PASS', 'pw-0')", "SMTP_PASS", "pw-0", LookupDefault),
        (Python, "¤password = os.environ.get('P') or 'pw-0'", "password", "pw-0", LookupDefault),
        (Python, "¤password = os.environ['P']", "password", "", Lookup),
        (Python, "¤password = config('P', default='pw-0')", "password", "pw-0", LookupDefault),
        (Python, "¤password = config('P')", "password", "", Lookup),
        (Python, "¤password = getpass()", "password", "", Expression),
        (Python, "¤password = self.password", "password", "", Expression),
        (Python, "¤password = \"abc\" + x", "password", "", Expression),
        (Python, "¤password = \"%s\" % x", "password", "", Expression),
        (Python, "¤password = f\"{x}y\"", "password", "", Template),
        (Python, "¤greeting = r'p\\w'", "greeting", "p\\w", Literal),
        (Python, "¤password = \"\"\"pw-0\"\"\"", "password", "pw-0", Literal),
        (Python, "¤password = (\"pw-0\")", "password", "pw-0", Literal),
        (Python, "os.environ.setdefault('SMTP_¤PASS', 'pw-0')", "SMTP_PASS", "pw-0", Literal),
        (Python, "# EMAIL_¤PASSWORD = 'pw-0'", "EMAIL_PASSWORD", "pw-0", Literal),
        (Ruby, "¤password: \"pw-0\",", "password", "pw-0", Literal),
        (Ruby, ":¤password => 'pw-0',", "password", "pw-0", Literal),
        (Ruby, "gitlab_rails['smtp_¤password'] = \"pw-0\"", "smtp_password", "pw-0", Literal),
        (Ruby, "¤password: ENV['P'],", "password", "", Lookup),
        (Ruby, "¤password: ENV['P'] || 'pw-0',", "password", "pw-0", LookupDefault),
        (Ruby, "¤password: ENV.fetch('P', 'pw-0'),", "password", "pw-0", LookupDefault),
        (Ruby, "¤password: ENV.fetch('P') { 'pw-0' },", "password", "pw-0", LookupDefault),
        (Ruby, "¤password: Rails.application.credentials.dig(:smtp, :password)", "password", "", Lookup),
        (Ruby, "@¤password ||= 'pw-0'", "password", "pw-0", Literal),
        (Ruby, "¤password: \"a#{b}\"", "password", "", Template),
        (Ruby, "¤password: password", "password", "", Expression),
        (Script, "$cfg{¤password} = \"pw-0\";", "password", "pw-0", Literal),
        (Script, "¤password => 'pw-0',", "password", "pw-0", Literal),
        (Script, "¤password <- \"pw-0\"", "password", "pw-0", Literal),
        (Elixir, "¤password: \"pw-0\",", "password", "pw-0", Literal),
        (Elixir, "¤password: System.get_env(\"P\"),", "password", "", Lookup),
        (Elixir, "¤password: System.get_env(\"P\", \"pw-0\"),", "password", "pw-0", LookupDefault),
        (Elixir, "¤password: System.get_env(\"P\") || \"pw-0\",", "password", "pw-0", LookupDefault),
        (Lisp, ":¤password \"pw-0\"", "password", "pw-0", Literal),
    ]);
    check_none(&[
        (Python, "if ¤password == 'x':"),
        (Python, "def ¤password(self):"),
        (Python, "('user', '¤password', 'x')"),
        (Ruby, "validates :¤password, presence: true"),
        (Ruby, "Foo::¤Password::Bar"),
    ]);
}

#[test]
fn typed_languages() {
    check(&[
        (JavaScript, "auth:{user:\"u\",¤pass:\"pw-0\"}", "pass", "pw-0", Literal),
        (JavaScript, "const ¤password = 'pw-0';", "password", "pw-0", Literal),
        (JavaScript, "let ¤password: string = `pw-0`;", "password", "pw-0", Literal),
        (JavaScript, "let ¤password = `a${b}`;", "password", "", Template),
        (JavaScript, "¤password: string;", "password", "", Expression),
        (JavaScript, "¤password?: string;", "password", "", Expression),
        (JavaScript, "¤password: String!", "password", "", Expression),
        (JavaScript, "¤password: process.env.P,", "password", "", Lookup),
        (JavaScript, "¤password: process.env.P || \"pw-0\",", "password", "pw-0", LookupDefault),
        (JavaScript, "¤password: process.env.P ?? 'pw-0',", "password", "pw-0", LookupDefault),
        (JavaScript, "f(process.env.SMTP_¤PASS || 'pw-0')", "SMTP_PASS", "pw-0", LookupDefault),
        (JavaScript, "f(process.env['SMTP_¤PASS'] || 'pw-0')", "SMTP_PASS", "pw-0", LookupDefault),
        (JavaScript, "¤password: env('P', 'pw-0')", "password", "pw-0", LookupDefault),
        (JavaScript, "¤password: this.config.get<string>('P', 'pw-0'),", "password", "pw-0", LookupDefault),
        (JavaScript, "¤password: load('P') || 'pw-0',", "password", "pw-0", LookupDefault),
        (JavaScript, "¤password: load('P', 'q'),", "password", "", Expression),
        (JavaScript, "¤Password : \"pw-0\",", "Password", "pw-0", Literal),
        (JavaScript, "process.env.SMTP_¤PASS = 'pw-0'", "SMTP_PASS", "pw-0", Literal),
        (JavaScript, "¤password: 'abc' + x", "password", "", Expression),
        (JavaScript, "const ¤password =\n  'pw-0'", "password", "pw-0", Literal),
        (Go, "¤password := \"pw-0\"", "password", "pw-0", Literal),
        (Go, "var ¤password string = \"pw-0\"", "password", "pw-0", Literal),
        (Go, "¤Password: `pw-0`,", "Password", "pw-0", Literal),
        (Go, "¤password := os.Getenv(\"P\")", "password", "", Lookup),
        (Java, "String ¤password = \"pw-0\";", "password", "pw-0", Literal),
        (Java, "val ¤password: String = \"pw-0\"", "password", "pw-0", Literal),
        (Java, "props.put(\"mail.smtp.¤password\", \"pw-0\");", "mail.smtp.password", "pw-0", Literal),
        (Java, "x.set¤Password(\"pw-0\");", "setPassword", "pw-0", Literal),
        (Java, "b.¤password(\"pw-0\")", "password", "pw-0", Literal),
        (Java, "@Value(\"${mail.¤password:pw-0}\")", "mail.password", "pw-0", LookupDefault),
        (Java, "¤password = System.getenv(\"P\");", "password", "", Lookup),
        (Java, "¤password = System.getenv().getOrDefault(\"P\", \"pw-0\");", "password", "pw-0", LookupDefault),
        (Java, "char[] ¤password = \"pw-0\".toCharArray();", "password", "pw-0", Literal),
        (CSharp, "x.¤Password = \"pw-0\";", "Password", "pw-0", Literal),
        (CSharp, "x.¤Password = @\"pw-0\";", "Password", "pw-0", Literal),
        (CSharp, "x.¤Password = $\"{y}z\";", "Password", "", Template),
        (CSharp, "public string ¤Password { get; set; } = \"pw-0\";", "Password", "pw-0", Literal),
        (CSharp, "Dim ¤password As String = \"pw-0\"", "password", "pw-0", Literal),
        (CSharp, "x = Environment.GetEnvironmentVariable(\"SMTP_¤PASS\") ?? \"pw-0\";", "SMTP_PASS", "pw-0", LookupDefault),
        (CSharp, "new C { ¤Password = Configuration[\"P\"] }", "Password", "", Lookup),
        (C, "#define EMAIL_¤PASSWORD \"pw-0\"", "EMAIL_PASSWORD", "pw-0", Literal),
        (C, "const char *¤password = \"pw-0\";", "password", "pw-0", Literal),
        (C, "char ¤password[32] = \"pw-0\";", "password", "pw-0", Literal),
        (Rust, "let ¤password: &str = \"pw-0\";", "password", "pw-0", Literal),
        (Rust, "¤password: \"pw-0\".to_string(),", "password", "pw-0", Literal),
        (Rust, "¤password: String::from(\"pw-0\"),", "password", "pw-0", Literal),
        (Rust, "¤password: env::var(\"P\").unwrap_or(\"pw-0\".into()),", "password", "pw-0", LookupDefault),
        (Rust, "¤password: String,", "password", "", Expression),
    ]);
    check_none(&[
        (JavaScript, "if (¤password === 'x')"),
        (JavaScript, "items.map(¤password => 'x')"),
        (JavaScript, "a ? ¤password : 'x'"),
        (JavaScript, "a ? b.¤password : 'x'"),
        (JavaScript, "validate¤Password('x')"),
        (JavaScript, "x.check¤Password('x')"),
        (Ruby, "x.authenticate_¤password('x')"),
        (Rust, "¤password::new(\"x\")"),
        (Go, "if ¤password != \"x\" {"),
        (Java, "String get¤Password() {"),
        (C, "strcmp(¤password, \"x\")"),
    ]);
}

#[test]
fn pairs_apart() {
    check(&[
        (Env, "SMTP_¤PASS==pw0=", "SMTP_PASS", "=pw0=", Literal),
        (Properties, "smtp { user: u, ¤password: pw-0 }", "password", "pw-0", Literal),
        (Xml, "<key>smtp_¤password</key>\n<string>pw-0</string>", "smtp_password", "pw-0", Literal),
        (Xml, "<env>\n<name>SMTP_¤PASS</name>\n<value>pw-0</value></env>", "SMTP_PASS", "pw-0", Literal),
        (Xml, "<property name=\"¤password\"><value>pw-0</value></property>", "password", "pw-0", Literal),
        (Json, "{\"key\":\"smtp_¤pass\",\"label\":\"a,b\",\"on\":true,\"value\":\"pw-0\"}", "smtp_pass", "pw-0", Literal),
        (Java, "@ConfigProperty(name = \"mail.¤password\", defaultValue = \"pw-0\")", "mail.password", "pw-0", Literal),
        (JavaScript, "x.setItem('smtp_¤password', 'pw-0')", "smtp_password", "pw-0", Literal),
        (Python, "add_argument('--smtp-¤password', default='pw-0')", "smtp-password", "pw-0", LookupDefault),
        (Go, "flag.String(\"smtp-¤password\", \"pw-0\", \"usage\")", "smtp-password", "pw-0", LookupDefault),
        (Hcl, "variable \"smtp_¤password\" {\n  type = string\n  default = \"pw-0\"\n}", "smtp_password", "pw-0", LookupDefault),
        (C, "const std::string ¤password(\"pw-0\");", "password", "pw-0", Literal),
        (Script, "VALUES ('smtp_¤pass', 'pw-0')", "smtp_pass", "pw-0", Literal),
        (Script, "s:9:\"smtp_¤pass\";s:4:\"pw-0\";", "smtp_pass", "pw-0", Literal),
        (Script, "s:9:\\\"smtp_¤pass\\\";s:4:\\\"pw-0\\\";", "smtp_pass", "pw-0", Literal),
        (Yaml, "  ¤password: <%= ENV[\"X\"] || \"pw-0\" %>", "password", "pw-0", LookupDefault),
        (Yaml, "  ¤password: <%= ENV.fetch(\"X\") { 'pw-0' } %>", "password", "pw-0", LookupDefault),
        (Yaml, "  ¤password: <%= ENV[\"X\"] %>", "password", "", Template),
    ]);
    check_none(&[
        (Hcl, "variable \"smtp_¤password\" {\n  type = string\n}"),
        (C, "  ¤password(\"x\");"),
        (Json, "{\"name\": \"¤password\", \"type\": \"string\"}"),
    ]);
}

#[test]
fn prose() {
    check(&[
        (Text, "SMTP_¤PASSWORD=pw-0 then run", "SMTP_PASSWORD", "pw-0", Literal),
        (Text, "use `SMTP_¤PASSWORD=pw-0`.", "SMTP_PASSWORD", "pw-0", Literal),
        (Text, "spring.mail.¤password=pw-0", "spring.mail.password", "pw-0", Literal),
        (Text, "smtp_¤password: pw-0\n", "smtp_password", "pw-0", Literal),
        (Unknown, "MAIL_¤PASS=abcd efgh ijkl mnop", "MAIL_PASS", "abcd efgh ijkl mnop", Literal),
        (Text, "EMAIL_¤PASSWORD = 'pw-0'", "EMAIL_PASSWORD", "pw-0", Literal),
        (Text, "¤password: foo bar baz", "password", "", Expression),
        (Text, "SMTP_¤PASSWORD=<your password>", "SMTP_PASSWORD", "<your password>", Literal),
        (Unknown, "x.¤password = y", "x.password", "", Literal),
    ][..8]);
    check_none(&[
        (Text, "The ¤password is secret."),
        (Text, "Reset ¤password, then log in"),
        (Text, "https://¤password@host"),
    ]);
}

#[test]
fn all_siblings_are_read() {
    let text = b"MAIL_HOST=h\nMAIL_PORT=587\nMAIL_PASSWORD=\nMAIL_USER='u=1'\n# A=b\n";
    let keys: Vec<_> = read_all(text, 0..text.len(), Env)
        .map(|a| (cut(text, a.key), cut(text, a.value)))
        .collect();
    let expected = [
        ("MAIL_HOST", "h"),
        ("MAIL_PORT", "587"),
        ("MAIL_PASSWORD", ""),
        ("MAIL_USER", "u=1"),
        ("A", "b"),
    ];
    assert_eq!(keys.len(), expected.len());
    for ((key, value), (want_key, want_value)) in keys.iter().zip(expected) {
        assert_eq!((key.as_str(), value.as_str()), (want_key, want_value));
    }
    let text = b"auth: { user: 'u', pass: 'pw-0' }, port: 587";
    let keys: Vec<_> = read_all(text, 0..text.len(), JavaScript).map(|a| cut(text, a.key)).collect();
    assert_eq!(keys, ["auth", "user", "pass", "port"]);
}

/// The keys of the block around the mark, and the names of its parents.
fn around(lang: Lang, marked: &str) -> (String, String, String) {
    let (text, at) = unmark(marked);
    let bytes = text.as_bytes();
    let a = read_at(bytes, at, lang).expect("an assignment");
    let inner = block(bytes, &a, lang);
    let keys = |range: Range<usize>| -> String {
        read_all(bytes, range, lang)
            .map(|a| cut(bytes, a.key))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let outside = outer(bytes, &inner, lang).map(keys).unwrap_or_default();
    let names: Vec<_> = parents(bytes, &a, lang)
        .names()
        .iter()
        .map(|&name| cut(bytes, name))
        .collect();
    (keys(inner), outside, names.join(" "))
}

#[test]
fn blocks_and_parents() {
    let rows: &[(Lang, &str, &str, &str, &str)] = &[
        (
            JavaScript,
            "const a = 1;\nconst t = nodemailer.createTransport({\n  host: 'h',\n  auth: {\n    user: 'u',\n    ¤pass: 'p'\n  }\n});\nconst z = 2;",
            "user pass",
            "host auth user pass",
            "auth createTransport",
        ),
        (
            Json,
            "{\"Other\": {\"x\": 1}, \"Smtp\": {\"Host\": \"h\", \"¤Password\": \"p{\"}}",
            "Host Password",
            "Other x Smtp Host Password",
            "Smtp",
        ),
        (
            Yaml,
            "db:\n  password: q\nmail:\n  smtp:\n    host: h\n    # note\n    ¤password: p\n    user: u\n  from: x\n",
            "host password user",
            "smtp host password user from",
            "smtp mail",
        ),
        (
            Yaml,
            "env:\n  - name: HOST\n    value: h\n  - name: SMTP_¤PASS\n    value: p\nx: y\n",
            "name HOST name SMTP_PASS",
            "env name HOST name SMTP_PASS x",
            "env",
        ),
        (
            Yaml,
            "services:\n  web:\n    environment:\n      - HOST=h\n      - ¤PASS=p\n    ports: x\n",
            "HOST PASS",
            "environment HOST PASS ports",
            "environment web services",
        ),
        (
            Properties,
            "[db]\nhost = a\n[mailer]\nHOST = h\n¤PASSWD = p\n\n\nUSER = u\n[x]\ny = z\n",
            "HOST PASSWD USER",
            "",
            "mailer",
        ),
        (
            Xml,
            "<a><b>x</b><mail><host>h</host><br/><¤password>p</password></mail></a>",
            "host password",
            "b host password",
            "mail a",
        ),
        (
            Xml,
            "<smtp><network host=\"h\" ¤password=\"p\" /></smtp>",
            "host password",
            "host password",
            "network smtp",
        ),
        (
            Php,
            "function f() {\n  $x = 'y';\n\n\n  $mail->Host = 'h';\n  $mail->¤Password = 'p';\n}\n$z = 1;",
            "Host Password",
            "x Host Password",
            "mail f",
        ),
        (
            Php,
            "return ['smtp' => [\n 'host' => 'h',\n '¤password' => 'p',\n ], 'x' => 'y'];",
            "host password",
            "smtp host password x",
            "smtp",
        ),
        (Php, "$config['mail']['smtp']['¤pass'] = 'p';", "pass", "", "smtp mail config"),
        (
            Ruby,
            "config.action_mailer.smtp_settings = {\n  address: 'h',\n  ¤password: 'p'\n}\n",
            "address password",
            "",
            "smtp_settings action_mailer config",
        ),
        (
            Hcl,
            "resource \"keycloak_realm\" \"x\" {\n  smtp_server {\n    ¤password = \"p\"\n  }\n}",
            "password",
            "password",
            "smtp_server x keycloak_realm",
        ),
        (
            CSharp,
            "class Mail {\n  void Send() {\n    client.Host = \"h\";\n    client.¤Password = \"p\";\n  }\n}",
            "Host Password",
            "Host Password",
            "client Send Mail",
        ),
        (Env, "A=b\n\n\nSMTP_HOST=h\n\nSMTP_¤PASS=p", "SMTP_HOST SMTP_PASS", "", ""),
        (
            Python,
            "m = Mail(\n  host='h',\n  ¤password='p',\n)\n",
            "host password",
            "",
            "Mail",
        ),
    ];
    let mut wrong = Vec::new();
    for &(lang, marked, inner, outside, names) in rows {
        let seen = around(lang, marked);
        let want_outer = outside.is_empty() || seen.1 == outside;
        if seen.0 != inner || !want_outer || !seen.2.starts_with(names) {
            wrong.push(format!("{lang:?} {marked:?}:\n   {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn arguments() {
    let args = |text: &str, lang| -> Vec<(String, String, Form)> {
        let open = text.find('(').expect("a call") + 1;
        call_args(text.as_bytes(), open, lang)
            .iter()
            .map(|arg| {
                let name = arg.name.map(|name| cut(text.as_bytes(), name)).unwrap_or_default();
                (name, cut(text.as_bytes(), arg.value), arg.form)
            })
            .collect()
    };
    let row = |name: &str, value: &str, form| (name.to_owned(), value.to_owned(), form);
    assert_eq!(
        args("smtp.PlainAuth(\"\", \"u\", \"p,w\", host)", Go),
        [row("", "", Empty), row("", "u", Literal), row("", "p,w", Literal), row("", "host", Expression)]
    );
    assert_eq!(
        args("SMTP(user='u',\n password=os.getenv('P', 'pw-0'), port=587)", Python),
        [row("user", "u", Literal), row("password", "pw-0", LookupDefault), row("port", "587", Literal)]
    );
    assert_eq!(
        args("NewDialer(f(a, b), x + \"y\", \"u\" + z)", Go),
        [row("", "f(a, b)", Expression), row("", "x + \"y\"", Expression), row("", "\"u\" + z", Expression)]
    );
    assert_eq!(args("f()", Go), []);
    let bare = call_args(b"login 'u', 'p'\nx", 6, Ruby);
    assert_eq!(bare.len(), 2);
}

#[test]
fn languages_of_paths() {
    let rows: &[(&str, Lang)] = &[
        (".env", Env),
        ("a/.env.local", Env),
        (".env.example", Env),
        ("sendgrid.env", Env),
        (".env.sample.txt", Env),
        ("config/mail.php", Php),
        (".env.php", Php),
        ("config/database.yml.erb", Yaml),
        ("app.conf.j2", Properties),
        ("parameters.yml.dist", Yaml),
        ("_netrc", Netrc),
        ("etc/postfix/sasl_passwd", Lang::SaslPasswd),
        ("Dockerfile.dev", Docker),
        ("web.config", Xml),
        ("Web.Config", Xml),
        ("x.ipynb", Json),
        ("x.phtml", Php),
        ("a.tfvars", Hcl),
        ("build.gradle.kts", Java),
        ("README", Text),
        ("x", Unknown),
        ("", Unknown),
        ("a.env/x", Unknown),
        ("config.py~", Python),
    ];
    for &(path, lang) in rows {
        assert_eq!(Lang::of_path(path.as_bytes()), lang, "{path}");
    }
}

const LANGS: [Lang; 26] = [
    Unknown, Env, Properties, Yaml, Json, Toml, Xml, Php, JavaScript, Python, Ruby, Script, Go, Java, CSharp, Shell,
    Batch, PowerShell, C, Rust, Elixir, Hcl, Lisp, Docker, Text, Netrc,
];

/// Whatever the text: no panic, spans in bounds, and the byte at the start of a key gives what the
/// whole range gave.
fn hold(text: &[u8], lang: Lang) {
    for at in 0..=text.len() {
        if let Some(a) = read_at(text, at, lang) {
            assert!(a.key.range().contains(&at) && a.key.end as usize <= text.len());
            assert!(a.value.end as usize <= text.len() && a.end <= text.len());
        }
        for arg in call_args(text, at, lang) {
            assert!(arg.value.end as usize <= text.len());
        }
    }
    for a in read_all(text, 0..text.len(), lang) {
        assert_eq!(read_at(text, a.key.start as usize, lang), Some(a));
        let inner = block(text, &a, lang);
        assert!(inner.start <= a.key.start as usize && inner.end >= a.key.end as usize);
        assert!(inner.end <= text.len());
        if let Some(outside) = outer(text, &inner, lang) {
            assert!(outside.start <= outside.end && outside.end <= text.len());
        }
        for name in parents(text, &a, lang).names() {
            assert!(name.end as usize <= text.len());
        }
    }
}

/// Pieces of which texts are put together that look like configuration.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let fixed = prop::sample::select(vec![
        "pass", "PASSWORD", "name", "value", "key", "env", "getenv", "ENV", "process.env.", "default", "define", "set",
        "or ", " ", "  ", "\n", "\r\n", "\t", "=", ":", "=>", ":=", "->", ".", "::", ",", ";", "(", ")", "[", "]", "{",
        "}", "<", ">", "</", "/>", "\"", "'", "`", "\\\"", "\\", "\"\"\"", "$", "${", "{{", "}}", "#", "//", "<!--",
        "|", "||", "??", "?:", "?", "!", "&", "-", "--", "@", "%", "+", "*", "~", "| ", ">-\n", "~", "null", "587",
        "As ", "r#\"", "f'", "<![CDATA[", "]]>", "\u{e9}", "unwrap_or(", "ConvertTo-SecureString ", ":-", "export ",
        "[mail]\n", "- ", "new ", "(string)",
    ])
    .prop_map(|piece| piece.as_bytes().to_vec());
    prop_oneof![9 => fixed, 1 => prop::collection::vec(any::<u8>(), 1..4)]
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_key() {
    let text = "\u{feff}SMTP_PASS=pw-0\nA=b".as_bytes();
    let keys: Vec<_> = read_all(text, 0..text.len(), Env).map(|a| cut(text, a.key)).collect();
    assert_eq!(keys, ["SMTP_PASS", "A"]);
}

/// What is read within [`REACH`] of a key must not depend on bytes beyond it.
fn hold_in_window(text: &[u8], lang: Lang) {
    let all = read_all(text, 0..text.len(), lang).step_by(1 + text.len() / 500);
    for a in all {
        let start = (a.key.start as usize).saturating_sub(REACH);
        let end = text.len().min(a.key.start as usize + REACH);
        let window = &text[start..end];
        let b = read_at(window, a.key.start as usize - start, lang).expect("the same key");
        assert_eq!((b.key.shifted(start), b.value.shifted(start), b.form), (a.key, a.value, a.form));
        let (whole, part) = (block(text, &a, lang), block(window, &b, lang));
        assert_eq!(whole, part.start + start..part.end + start);
        let outside = outer(text, &whole, lang);
        assert_eq!(outside, outer(window, &part, lang).map(|r| r.start + start..r.end + start));
        let names: Vec<_> = parents(window, &b, lang).names().iter().map(|n| n.shifted(start)).collect();
        assert_eq!(parents(text, &a, lang).names(), names);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_it(pieces in prop::collection::vec(piece(), 0..40), lang in prop::sample::select(LANGS.to_vec())) {
        hold(&pieces.concat(), lang);
    }

    #[test]
    fn nothing_beyond_reach_matters(pieces in prop::collection::vec(piece(), 1500..5000), lang in prop::sample::select(LANGS.to_vec())) {
        hold_in_window(&pieces.concat(), lang);
    }
}

#[test]
fn the_first_argument_of_a_function_that_sets_is_the_key() {
    check(&[
        (Java, "props.put(\"mail.smtp.¤host\", \"h\");", "mail.smtp.host", "h", Literal),
        (Ruby, "smtp_settings[:¤password] = \"pw-0\"", "password", "pw-0", Literal),
        (Xml, "mailService.set¤Password(\"pw-0\");", "mailService.setPassword", "pw-0", Literal),
    ]);
    check_none(&[
        (Java, "props.¤put(\"mail.smtp.host\", \"h\");"),
        (JavaScript, "process.¤env.PORT || 587"),
    ]);
}

#[test]
fn ports_and_named_environments_have_defaults() {
    check(&[
        (JavaScript, "Number(process.env.SMTP_¤PORT ?? 587)", "SMTP_PORT", "587", LookupDefault),
        (Python, "¤port = env.int(\"X\", default=587)", "port", "587", LookupDefault),
        (Php, "define('SMTP_¤PASS', getenv_docker('X', 'pw-0'));", "SMTP_PASS", "pw-0", LookupDefault),
        (Go, "¤password: mustEnv(\"X\", \"pw-0\"),", "password", "pw-0", LookupDefault),
    ]);
}

#[test]
fn settings_are_given_on_command_lines() {
    check(&[
        (Shell, "bin/magento config:set system/smtp/¤password pw-0\n", "password", "pw-0", Literal),
        (Shell, "bin/magento config:set --lock-env a/smtp/¤password 'pw 0'\n", "password", "pw 0", Literal),
        (Shell, "drush config:set smtp.settings smtp_¤password pw-0 -y\n", "smtp_password", "pw-0", Literal),
        (Yaml, "  - drush cset smtp.settings smtp_¤password pw-0\n", "smtp_password", "pw-0", Literal),
        (Shell, "bin/magento config:set a/smtp/¤password \"$PW\"\n", "password", "", Template),
    ]);
    check_none(&[(Shell, "echo system/smtp/¤password pw-0\n")]);
}

#[test]
fn what_stands_beside_a_key_is_its_own() {
    check(&[
        (Properties, "smtp.¤password=${env:X:-pw-0}", "smtp.password", "pw-0", LookupDefault),
        (Hcl, "set {\n  name  = \"a.mailer.¤PASSWD\"\n  value = \"pw-0\"\n}", "a.mailer.PASSWD", "pw-0", Literal),
        (Netrc, "machine h login me account x ¤password \"pw-0\"", "password", "pw-0", Literal),
    ]);
    check_none(&[
        (Netrc, "passwordeval ¤pass show mail"),
        (Netrc, "¤default login anonymous"),
        (Shell, "git config --¤global sendemail.smtpUser me"),
    ]);
}

#[test]
fn accounts_in_files_of_words_are_apart() {
    let entry = |marked: &str| around(Netrc, marked).0;
    assert_eq!(entry("machine a login u ¤password p\nmachine b login v password q\n"), "machine login password");
    assert_eq!(entry("machine a login u password p\nmachine b\n  login v\n  ¤password q\n"), "machine login password");
    assert_eq!(entry("account a\nhost h\n¤password p\n\naccount b\nhost i\npassword q\n"), "account host password");
}

#[test]
fn schemas_and_flags_declare_defaults() {
    check(&[
        (JavaScript, "SMTP_¤PASS: z.string().min(8).default(\"pw-0\"),", "SMTP_PASS", "pw-0", LookupDefault),
        (JavaScript, "SMTP_¤PASS: str({ default: 'pw-0' }),", "SMTP_PASS", "pw-0", LookupDefault),
        (Python, "smtp_¤password: str = Field(default=\"pw-0\", env=\"X\")", "smtp_password", "pw-0", LookupDefault),
        (Rust, "#[arg(env = \"SMTP_¤PASS\", default_value = \"pw-0\")]", "SMTP_PASS", "pw-0", LookupDefault),
        (Go, "P string `env:\"SMTP_¤PASS\" envDefault:\"pw-0\"`", "SMTP_PASS", "pw-0", LookupDefault),
        (Elixir, "¤password: Application.get_env(:app, :smtp, \"pw-0\")", "password", "pw-0", LookupDefault),
        (JavaScript, "SMTP_¤PASS: z.string().default(\"\"),", "SMTP_PASS", "", Lookup),
        (Python, "smtp_¤password = f(is_default=\"pw-0\")", "smtp_password", "", Expression),
    ]);
}
