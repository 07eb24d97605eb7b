//! Passwords beside mail settings that are those of another service: a database, a directory, a proxy.
//!
//! A file that sends mail often opens a database as well, and the word `mail` stands near either password. What the block of a password
//! says of itself settles it: its name, and the settings that only such a service has.

use crate::scan::assignment::{self, Assignment, Lang, Parents, Syntax};

use super::role::{self, Role};
use super::{Text, mail, scope};

/// Names of blocks that belong to another service, as they begin.
const BLOCKS: [&[u8]; 29] = [
    b"admin",
    b"amqp",
    b"cache",
    b"connectionstring",
    b"database",
    b"datasource",
    b"db",
    b"elastic",
    b"ftp",
    b"jwt",
    b"kafka",
    b"keystore",
    b"knex",
    b"ldap",
    b"mariadb",
    b"mongo",
    b"mysql",
    b"oauth",
    b"pgsql",
    b"postgres",
    b"proxy",
    b"queue",
    b"rabbit",
    b"redis",
    b"registry",
    b"seed",
    b"sftp",
    b"ssh",
    b"user.create",
];

/// Settings that only a database has.
const SETTINGS: [&[u8]; 10] = [
    b"database",
    b"dbname",
    b"db_name",
    b"databasename",
    b"database_name",
    b"db",
    b"dialect",
    b"sslmode",
    b"initial catalog",
    b"initialcatalog",
];

/// Words in the value of a driver, a class or a URL that name a database.
const KINDS: [&[u8]; 9] = [
    b"mysql",
    b"mariadb",
    b"postgres",
    b"pgsql",
    b"sqlite",
    b"mongodb",
    b"sqlserver",
    b"oracle:",
    b"ldap",
];

/// Keys whose value says what is opened.
const DRIVERS: [&[u8]; 8] = [
    b"adapter",
    b"driver",
    b"dsn",
    b"class",
    b"url",
    b"engine",
    b"connection",
    b"connectionstring",
];

/// Whether the password that `a` gives stands in a block of another service than mail, whose `parents` enclose it.
pub fn is_of_other_service(text: &Text<'_>, a: &Assignment, parents: &Parents) -> bool {
    let named = parents
        .names()
        .iter()
        .any(|parent| begins_with_any(text.slice(parent.range()), &BLOCKS));
    let line = line_before(text, a.key.range().start);
    let signs_in = [b"http_basic".as_slice(), b"basic_auth", b"basicauth"]
        .iter()
        .any(|word| contains(line, word));
    named || signs_in || has_setting(text, a, parents) || in_connection_string(text, a)
}

/// Most bytes of a string that opens a database, before a password in it.
const CONNECTION: usize = 256;

/// Whether `a` is a pair of a string that opens a database: `Server=db;Database=shop;User Id=u;Password=p`.
fn in_connection_string(text: &Text<'_>, a: &Assignment) -> bool {
    const SIGNS: [&[u8]; 6] = [
        b"initial catalog=",
        b"database=",
        b"data source=",
        b"user id=",
        b"uid=",
        b":6379",
    ];
    let key = a.key.range();
    let lead = text.slice(key.start.saturating_sub(CONNECTION)..key.start);
    let line = memchr::memrchr(b'\n', lead).map_or(lead, |end| &lead[end + 1..]);
    matches!(line.last(), Some(b';' | b',' | b' ')) && SIGNS.iter().any(|sign| contains(line, sign))
}

/// Whether a sibling of `a` is a setting that only a database has, or the account of a person.
fn has_setting(text: &Text<'_>, a: &Assignment, parents: &Parents) -> bool {
    let mut block = assignment::block(text.bytes, a, text.lang);
    if text.lang == Lang::Elixir {
        block = scope::paragraph(text, a, block);
    }
    let (mut address, mut host) = (false, false);
    let mut person = parents.names().first().is_some_and(|parent| {
        let name = text.slice(parent.range());
        ACCOUNTS.iter().any(|word| contains(name, word))
    });
    let (mut siblings, mut login) = (0, false);
    for sibling in assignment::read_all(text.bytes, block.clone(), text.lang) {
        let key = text.slice(sibling.key.range());
        let value = text.slice(sibling.value.range());
        let is_one_of = |list: &[&[u8]]| list.iter().any(|word| key.eq_ignore_ascii_case(word));
        if is_one_of(&SETTINGS)
            || (is_one_of(&DRIVERS) && KINDS.iter().any(|kind| contains(value, kind)))
        {
            return true;
        }
        address |= is_one_of(&[b"email"]);
        person |= is_one_of(&PERSONAL);
        let role = role::of(key);
        host |= matches!(role, Some((Role::Host | Role::Port, _)));
        siblings += usize::from(sibling.key != a.key);
        login |= role.is_some();
    }
    // `{cookieName: …, password: …}` is no login at all
    let listed = matches!(a.syntax, Syntax::Colon | Syntax::Arrow) && text.lang == Lang::JavaScript;
    let unrelated = listed && siblings > 0 && !login && !mail::has_mail_word(text, block);
    unrelated || (address && person && !host)
}

/// Words in the names of objects that are about somebody's account.
const ACCOUNTS: [&[u8]; 6] = [
    b"login",
    b"signup",
    b"signin",
    b"regist",
    b"customer",
    b"member",
];

/// What is given beside the mail address of somebody who signs up.
const PERSONAL: [&[u8]; 9] = [
    b"username",
    b"name",
    b"firstname",
    b"first_name",
    b"role",
    b"password_confirmation",
    b"passwordconfirmation",
    b"confirmpassword",
    b"password2",
];

/// Words on the line of a call that say that what it makes is for another service.
const USES: [&[u8]; 8] = [
    b"proxy",
    b"ftp",
    b"ldap",
    b"webrequest",
    b"database",
    b"handler",
    b"httpclient",
    b"service",
];

/// Words of mail, which outweigh them.
const MAIL: [&[u8]; 2] = [b"mail", b"smtp"];

/// Whether the call whose name begins at `at` is given to another service: `proxy.Credentials = new NetworkCredential(…)`.
pub fn is_given_to_other(text: &Text<'_>, at: usize) -> bool {
    let line = line_before(text, at);
    let has = |words: &[&[u8]]| words.iter().any(|word| contains(line, word));
    has(&USES) && !has(&MAIL)
}

/// What stands on the line of `at` before it, as far as 96 bytes.
fn line_before<'t>(text: &Text<'t>, at: usize) -> &'t [u8] {
    const LEAD: usize = 96;
    let lead = text.slice(at.saturating_sub(LEAD)..at);
    memchr::memrchr(b'\n', lead).map_or(lead, |end| &lead[end + 1..])
}

fn begins_with_any(name: &[u8], list: &[&[u8]]) -> bool {
    list.iter().any(|word| {
        name.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}
