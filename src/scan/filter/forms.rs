//! Harmless forms: templates, references, ciphertext. Recognised by their syntax, whatever the words inside.

use super::Drop;

/// The harmless form that `value` has, if any.
pub(super) fn harmless(value: &[u8]) -> Option<Drop> {
    if is_encrypted(value) {
        Some(Drop::Encrypted)
    } else if is_template(value) {
        Some(Drop::Template)
    } else if is_reference(value) {
        Some(Drop::Reference)
    } else {
        None
    }
}

/// Openings that mark a template wherever they stand in a value, with their closings: `${X}`, `{{ x }}`, `<%= x %>`,
/// `#{x}`, `$(cmd)`, `%{X}`, `$[variables.x]`, `<< parameters.x >>`, Symfony `%env(X)%`, `%(x)s`.
const INSIDE: [(&[u8], &[u8]); 12] = [
    (b"$__", b"}"),
    (b"{%", b"%}"),
    (b"${", b"}"),
    (b"{{", b"}}"),
    (b"<%", b"%>"),
    (b"#{", b"}"),
    (b"$(", b")"),
    (b"%{", b"}"),
    (b"$[", b"]"),
    (b"<<", b">>"),
    (b"%env(", b")"),
    (b"%(", b")s"),
];

/// Pairs that mark a template when they enclose the whole value and a name stands inside: `%X%`, `@X@`, `__X__`, `<x>`,
/// `{x}`, `[x]`, `#x#`, `{$MACRO}`, `` `cmd` ``, `((x))`, `*|X|*`.
const AROUND: [(&[u8], &[u8]); 11] = [
    (b"%", b"%"),
    (b"@@", b"@@"),
    (b"@", b"@"),
    (b"__", b"__"),
    (b"<", b">"),
    (b"{", b"}"),
    (b"[", b"]"),
    (b"#", b"#"),
    (b"`", b"`"),
    (b"(", b")"),
    (b"|", b"|"),
];

fn is_template(value: &[u8]) -> bool {
    let has = |open: &[u8], close: &[u8]| {
        memchr::memmem::find(value, open).is_some_and(|at| {
            memchr::memmem::find(&value[at + open.len()..], close).is_some_and(|gap| gap > 0)
        })
    };
    INSIDE.iter().any(|(open, close)| has(open, close))
        || AROUND.iter().any(|(open, close)| {
            value.len() > open.len() + close.len()
                && value.starts_with(open)
                && value.ends_with(close)
                && is_name(&value[open.len()..value.len() - close.len()])
                // `#Winter2024#` and `[Harbor99]` are passwords
                && (!b"#([|".contains(&open[0]) || !value.iter().any(u8::is_ascii_digit))
        })
        || is_dollar_name(value)
        || value.starts_with(b"$env:")
        || is_format(value)
        || is_cut_template(value)
}

/// Twilio SIDs, SendGrid template ids, publishable keys (Mapbox, Stripe, Supabase, `phc_` of analytics, `appl_` of app
/// stores), public keys.
pub(super) fn is_identifier(value: &[u8]) -> bool {
    let hex = |rest: &[u8]| {
        rest.len() == 32
            && rest
                .iter()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
    };
    match value {
        [a, b, rest @ ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && hex(rest) => true,
        [b'd', b'-', rest @ ..] if hex(rest) => true,
        _ => [
            b"pk.eyJ".as_slice(),
            b"pk_live_",
            b"pk_test_",
            b"sb_publishable_",
            b"phc_",
            b"appl_",
            b"goog_",
            b"ssh-rsa ",
            b"ssh-ed25519 ",
            b"-----BEGIN PUBLIC",
            b"-----BEGIN CERT",
            b"MFkw",
            b"MIIBIj",
        ]
        .iter()
        .any(|head| value.starts_with(head)),
    }
}

/// An opening that is never closed: the value was cut at a blank inside a template, or is one word of it. And rules by which a
/// form judges its input.
fn is_cut_template(value: &[u8]) -> bool {
    // what stands in two signs is code, in which a quote may have ended the value: `"<%= ENV["X"] %>"`
    let opens: [(&[u8], &[u8]); 8] = [
        (b"$(", b" =[-"),
        (b"${", b" =[-"),
        (b"{{", b" =[-"),
        (b"<%", b" =[-"),
        (b"#{", b" =[-"),
        (b"(", b""),
        (b"`", b""),
        (b"<", b""),
    ];
    let rules = [
        b"required|".as_slice(),
        b"required_if:",
        b"required_with:",
        b"nullable|",
        b"string|",
        b"sometimes|",
        b"bail|",
    ];
    let closes = [b')', b'}', b'>', b'`'];
    rules.iter().any(|head| value.starts_with(head))
        || (opens.iter().any(|(head, code)| {
            value.starts_with(head)
                && value.iter().all(|b| {
                    b.is_ascii_alphabetic() || b"$({<%#`_.".contains(b) || code.contains(b)
                })
        }) && !value[1..].iter().any(|b| closes.contains(b)))
}

/// `$NAME`, `$$NAME`, `$x->y`, `!name` (YAML tags): nothing but a name behind the sign. A password such as `$ecret1` has the
/// same shape, so a lone lower-case name with a digit in it is not taken for a variable.
fn is_dollar_name(value: &[u8]) -> bool {
    let Some(name) = value.strip_prefix(b"$") else {
        return false;
    };
    let name = name.strip_prefix(b"$").unwrap_or(name);
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    if name.is_empty() || !(name[0].is_ascii_alphabetic() || name[0] == b'_') {
        return false;
    }
    let shouts = name
        .iter()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    let plain = name.iter().all(&is_word) && !name.iter().any(u8::is_ascii_digit);
    let member = name.iter().all(|b| is_word(b) || b"->[]'\".:".contains(b))
        && name.iter().any(|b| b">[.:".contains(b));
    shouts || plain || member
}

/// printf verbs and format braces as the whole value: `%s`, `{}`, `{0}`, `:password`.
fn is_format(value: &[u8]) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    match value {
        [b'%', verb] => verb.is_ascii_alphabetic(),
        b"{}" | b"?" => true,
        [b':', name @ ..] => {
            name.len() > 2 && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
        }
        [b'{', inner @ .., b'}'] => inner.iter().all(is_word),
        _ => false,
    }
}

/// Letters first, then letters, digits and the joints of names. Long runs without a joint are values, not names.
fn is_name(inner: &[u8]) -> bool {
    let inner = inner.trim_ascii();
    !inner.is_empty()
        && inner.iter().all(|b| {
            b.is_ascii_alphanumeric() || b" _-.:$/#'\"*|=\xc2\xa0".contains(b) || *b >= 0x80
        })
        && inner.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80)
        && (inner.len() <= 24 || inner.iter().any(|b| b" _-.:".contains(b)))
}

/// Beginnings that only ciphertext and hashes have: Jasypt, SOPS, Spring Cloud, Mule, SonarQube, Jenkins, Ansible Vault, dotenvx,
/// PGP, Magento, crypt(3), LDAP, Django, age, Laravel (`{"iv":`).
const ENCRYPTED: [&[u8]; 31] = [
    b"#jbcrypt:",
    b"ENC(",
    b"ENC[",
    b"{cipher}",
    b"![",
    b"{aes",
    b"{AQAAAB",
    b"$ANSIBLE_VAULT",
    b"!vault",
    b"encrypted:",
    b"-----BEGIN PGP",
    b"0:3:",
    b"1:3:",
    b"$2y$",
    b"$2a$",
    b"$2b$",
    b"$argon2",
    b"{SSHA",
    b"{SHA",
    b"{CRYPT}",
    b"pbkdf2",
    b"$6$",
    b"$5$",
    b"$1$",
    b"$apr1$",
    b"scrypt:",
    b"age-encryption.org",
    b"Ag",
    b"vault:v1:",
    b"eyJpdiI6",
    b"{bcrypt}",
];

fn is_encrypted(value: &[u8]) -> bool {
    ENCRYPTED.iter().any(|head| value.starts_with(head))
        // a SealedSecret's; `Agata1987` is a password
        && (!value.starts_with(b"Ag")
            || (value.len() > 150
                && value
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))))
}

/// Beginnings that point to where the secret lives instead of being it.
const REFERENCES: [&[u8]; 30] = [
    b"secretref:",
    b"op://",
    b"ref+",
    b"sm://",
    b"vault:",
    b"vault://",
    b"arn:aws",
    b"projects/",
    b"/run/secrets/",
    b"/etc/",
    b"/var/",
    b"/opt/",
    b"/home/",
    b"/usr/",
    b"file:",
    b"http://",
    b"https://",
    b"ssm:",
    b"awssm:",
    b"gcpsm:",
    b"azurekv:",
    b"doppler:",
    b"infisical:",
    b"secretsmanager:",
    b"@Microsoft.KeyVault(",
    b"path:",
    b"env:",
    b"secret:",
    b"process.env",
    b"os.environ",
];

/// Beginnings of code that looks a value up; in files where an unquoted value is a literal, code still gets in.
const CODE: [&[u8]; 12] = [
    b"getenv(",
    b"os.getenv(",
    b"env(",
    b"ENV[",
    b"System.getenv",
    b"Environment.Get",
    b"Configuration[",
    b"config(",
    b"Rails.application",
    b"std::env",
    b"import.meta",
    b"Deno.env",
];

fn is_reference(value: &[u8]) -> bool {
    REFERENCES
        .iter()
        .chain(&CODE)
        .any(|head| value.starts_with(head))
        || is_member(value)
        || is_call(value)
        || is_relative_path(value)
        || is_file_name(value)
        || is_address(value)
        || is_path(value)
}

/// `/secrets/smtp-password`: a path of two names or more, without the digits and capitals of a token.
fn is_path(value: &[u8]) -> bool {
    value.strip_prefix(b"/").is_some_and(|path| {
        path.contains(&b'/')
            && path.split(|b| *b == b'/').all(|name| {
                !name.is_empty()
                    && name
                        .iter()
                        .all(|b| b.is_ascii_lowercase() || b"._-".contains(b))
            })
    })
}

/// `azurekeyvault://mail/password`, `gcp:projects/1/secrets/smtp`: the address of a secret in some store.
fn is_address(value: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', value) else {
        return false;
    };
    let (scheme, rest) = (&value[..colon], &value[colon + 1..]);
    let named = scheme.len() > 1
        && scheme[0].is_ascii_lowercase()
        && scheme
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(b));
    named
        && !value.contains(&b'@')
        && ((rest.starts_with(b"//") && rest.len() > 3)
            || memchr::memmem::find(rest, b"/secrets/").is_some())
}

/// `var.smtp_password`, `this.config.pass`: a member of something that code and Terraform look values up in.
fn is_member(value: &[u8]) -> bool {
    const TABLES: [&[u8]; 11] = [
        b"var",
        b"data",
        b"local",
        b"secrets",
        b"ENV",
        b"Environment",
        b"config",
        b"settings",
        b"this",
        b"self",
        b"module",
    ];
    let Some(dot) = memchr::memchr(b'.', value) else {
        return false;
    };
    TABLES.contains(&&value[..dot])
        && value[dot + 1..]
            .iter()
            .all(|b| b.is_ascii_alphabetic() || b"_.".contains(b))
}

/// `name(...)` or `a.b.c(...)` as the whole value.
fn is_call(value: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'(', value) else {
        return false;
    };
    open > 1
        && value.ends_with(b")")
        && value[..open]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.:>-$".contains(b))
        && value[0].is_ascii_alphabetic()
}

/// `certs/site.key`, `service-account.json`: the name of a file that holds a key.
fn is_file_name(value: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 10] = [
        b".pem", b".key", b".crt", b".cer", b".p12", b".pfx", b".jks", b".json", b".txt", b".asc",
    ];
    ENDINGS.iter().any(|ending| value.ends_with(ending))
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(b))
}

/// `./secrets/smtp`, `../x`, `~/x`.
fn is_relative_path(value: &[u8]) -> bool {
    [b"./".as_slice(), b"../", b"~/"]
        .iter()
        .any(|head| value.starts_with(head))
}
