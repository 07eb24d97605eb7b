//! Passwords beside mail settings that are those of another service: a database, a directory, a proxy.
//!
//! A file that sends mail often opens a database as well, and the word `mail` stands near either password. What the block of a password
//! says of itself settles it: its name, and the settings that only such a service has.

use std::ops::Range;

use crate::scan::assignment::{self, Assignment, Lang, Parents, Syntax};

use super::role::{self, Role};
use super::{Text, mail};

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
    named || has_setting(text, a) || in_connection_string(text, a)
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

/// The part of a structure of settings that the password of `a` belongs to: the member of the whole that it stands in, so that
/// what the other members say is not said of it. `None` where it stands in no such member, as in the statements of a program, or
/// where the file as a whole is about mail.
pub fn scope(text: &Text<'_>, a: &Assignment, parents: &Parents) -> Option<Range<usize>> {
    let data = matches!(
        text.lang,
        Lang::Json | Lang::Yaml | Lang::Toml | Lang::Properties
    );
    // what an object in code is passed to or assigned to has a name as well
    let least = if data { 1 } else { 2 };
    let depth = parents.names().len();
    let listed = data || matches!(a.syntax, Syntax::Colon | Syntax::Arrow);
    if text.mail_file || !listed || depth < least {
        return None;
    }
    let mut block = assignment::block(text.bytes, a, text.lang);
    for _ in 1..depth {
        match assignment::outer(text.bytes, &block, text.lang) {
            Some(wider) if wider != block => block = wider,
            _ => break,
        }
        if block.start + MEMBER < a.key.range().start || block.end > a.key.range().end + MEMBER {
            return None;
        }
    }
    let lead = text.slice(block.start.saturating_sub(HEADER)..block.start);
    let header = lead
        .iter()
        .rev()
        .skip(1)
        .take_while(|b| !b";{},\n".contains(b))
        .count();
    Some(block.start - header.min(block.start)..block.end)
}

/// How far a member may reach from the password, in bytes; what is larger holds more than one login.
const MEMBER: usize = 1024;

/// Bytes before a block in which what it is passed to is named: `nodemailer.createTransport({`.
const HEADER: usize = 128;

/// Whether a setting beside the member `scope`, in no member of its own, speaks of mail: `{"smtp_host": …, "auth": {…}}`.
pub fn speaks_at_root(text: &Text<'_>, scope: &Range<usize>) -> bool {
    let Some(root) = assignment::outer(text.bytes, scope, text.lang) else {
        return false;
    };
    mail::has_mail_word(text, root.clone())
        && assignment::read_all(text.bytes, root, text.lang).any(|setting| {
            let range = setting.key.range().start..setting.value.range().end;
            let is_outside = range.end <= scope.start || range.start >= scope.end;
            is_outside
                && mail::has_mail_word(text, range)
                && assignment::parents(text.bytes, &setting, text.lang)
                    .names()
                    .is_empty()
        })
}

/// Whether a sibling of `a` is a setting that only a database has, or the account of a person.
fn has_setting(text: &Text<'_>, a: &Assignment) -> bool {
    let mut block = assignment::block(text.bytes, a, text.lang);
    if text.lang == Lang::Elixir {
        block = paragraph(text, a, block);
    }
    let (mut address, mut person, mut host) = (false, false, false);
    for sibling in assignment::read_all(text.bytes, block, text.lang) {
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
        host |= matches!(role::of(key), Some((Role::Host | Role::Port, _)));
    }
    address && person && !host
}

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

/// The part of `block` around `a` without a blank line: a list of keywords has no brackets in Elixir.
fn paragraph(text: &Text<'_>, a: &Assignment, block: Range<usize>) -> Range<usize> {
    let key = a.key.range();
    let before = text.slice(block.start..key.start);
    let after = text.slice(key.end..block.end);
    let start = memchr::memmem::rfind(before, b"\n\n").map_or(block.start, |at| block.start + at);
    let end = memchr::memmem::find(after, b"\n\n").map_or(block.end, |at| key.end + at);
    start..end
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
