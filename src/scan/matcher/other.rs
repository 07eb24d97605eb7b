//! Passwords beside mail settings that are those of another service: a database, a directory, a proxy.
//!
//! A file that sends mail often opens a database as well, and the word `mail` stands near either password. What the block of a password
//! says of itself settles it: its name, and the settings that only such a service has.

use std::ops::Range;

use crate::scan::assignment::{self, Assignment, Parents};

use super::Text;

/// Names of blocks that belong to another service, as they begin.
const BLOCKS: [&[u8]; 13] = [
    b"db",
    b"database",
    b"datasource",
    b"mysql",
    b"mariadb",
    b"postgres",
    b"pgsql",
    b"mongo",
    b"redis",
    b"rabbit",
    b"ldap",
    b"ftp",
    b"sftp",
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
    named || has_setting(text, a)
}

/// Whether a sibling of `a` is a setting that only a database has.
fn has_setting(text: &Text<'_>, a: &Assignment) -> bool {
    let block = assignment::block(text.bytes, a, text.lang);
    assignment::read_all(text.bytes, block, text.lang).any(|sibling| {
        let key = text.slice(sibling.key.range());
        let value = text.slice(sibling.value.range());
        let is_one_of = |list: &[&[u8]]| list.iter().any(|word| key.eq_ignore_ascii_case(word));
        is_one_of(&SETTINGS)
            || (is_one_of(&DRIVERS) && KINDS.iter().any(|kind| contains(value, kind)))
    })
}

/// Words before a call on its line that say that what it makes is for another service.
const USES: [&[u8]; 5] = [b"proxy", b"ftp", b"ldap", b"webrequest", b"database"];

/// Whether the call whose name begins at `at` is given to another service: `proxy.Credentials = new NetworkCredential(…)`.
pub fn is_given_to_other(text: &Text<'_>, at: usize) -> bool {
    const LEAD: usize = 96;
    let lead = text.slice(Range {
        start: at.saturating_sub(LEAD),
        end: at,
    });
    let line = memchr::memrchr(b'\n', lead).map_or(lead, |end| &lead[end + 1..]);
    USES.iter().any(|word| contains(line, word))
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
