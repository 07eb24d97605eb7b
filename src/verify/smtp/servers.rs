//! The mail servers that may be asked: those of providers, by name, and nothing that only looks like one.
//!
//! The one table of hosts, their ports and their ways. Hosts come out of scanned files, so a name is compared as a whole, label by
//! label: a server of whoever wrote the file must not learn the password by being called `smtp.sendgrid.net.evil.example`.

use crate::verify::Security;

/// Whose texts a reply is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Codes as the standards have them.
    Standard,
    /// Twilio SendGrid.
    SendGrid,
    /// Gmail and Google Workspace.
    Google,
    /// Microsoft 365 and Outlook.
    Microsoft,
    /// Amazon SES, whose passwords are those of one region.
    AmazonSes,
    /// A mailbox that takes passwords made for programs, and may refuse the account's own though it is right.
    AppPasswords,
    /// Catches mail of tests and delivers none.
    Sandbox,
}

/// A server, or several that differ in a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    /// Whose it is.
    pub provider: &'static str,
    /// Its name; a `*` stands for a region.
    pub host: &'static str,
    /// Where `STARTTLS` is spoken, if it is.
    starttls: Option<u16>,
    /// Where TLS comes first, if it does anywhere.
    implicit: Option<u16>,
    /// How its replies are read.
    pub dialect: Dialect,
    /// Whether its accounts are mailboxes of people, which are locked after a few wrong passwords.
    pub mailbox: bool,
    /// The user that every login there has.
    pub user: Option<&'static str>,
    /// Domains of the addresses of its users.
    domains: &'static [&'static str],
}

impl Server {
    const fn relay(provider: &'static str, host: &'static str) -> Self {
        Self {
            provider,
            host,
            starttls: Some(587),
            implicit: Some(465),
            dialect: Dialect::Standard,
            mailbox: false,
            user: None,
            domains: &[],
        }
    }

    /// A mailbox with the passwords of its account.
    const fn mailbox(provider: &'static str, host: &'static str) -> Self {
        Self {
            mailbox: true,
            ..Self::relay(provider, host)
        }
    }

    /// A mailbox with passwords for programs.
    const fn app(
        provider: &'static str,
        host: &'static str,
        domains: &'static [&'static str],
    ) -> Self {
        Self {
            dialect: Dialect::AppPasswords,
            domains,
            ..Self::mailbox(provider, host)
        }
    }

    const fn speaks(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    const fn ports(mut self, starttls: Option<u16>, implicit: Option<u16>) -> Self {
        (self.starttls, self.implicit) = (starttls, implicit);
        self
    }

    const fn user(mut self, user: &'static str) -> Self {
        self.user = Some(user);
        self
    }

    /// Where and how to ask, for a login that a file uses with `port`.
    pub fn place(&self, port: Option<u16>) -> (u16, Security) {
        let wants_implicit = port.is_some_and(|port| security(port) == Security::Implicit);
        match (self.starttls, self.implicit) {
            (Some(port), None) => (port, Security::StartTls),
            (Some(port), Some(_)) if !wants_implicit => (port, Security::StartTls),
            (_, Some(port)) => (port, Security::Implicit),
            (None, None) => (587, Security::StartTls),
        }
    }

    /// Every port at which it could be asked.
    pub fn all_ports(&self) -> impl Iterator<Item = u16> {
        [self.starttls, self.implicit].into_iter().flatten()
    }
}

/// Every server. Hosts and ports are those that the providers' documentation names.
#[rustfmt::skip]
pub(super) const SERVERS: &[Server] = &[
    Server::relay("sendgrid", "smtp.sendgrid.net").speaks(Dialect::SendGrid),
    Server::relay("sendgrid", "smtp.eu.sendgrid.net").speaks(Dialect::SendGrid),
    Server::relay("mailgun", "smtp.mailgun.org"),
    Server::relay("mailgun", "smtp.eu.mailgun.org"),
    Server::relay("postmark", "smtp.postmarkapp.com").ports(Some(587), None),
    Server::relay("postmark", "smtp-broadcasts.postmarkapp.com").ports(Some(587), None),
    Server::relay("amazon-ses", "email-smtp.*.amazonaws.com").speaks(Dialect::AmazonSes),
    Server::relay("amazon-ses", "email-smtp-fips.*.amazonaws.com").speaks(Dialect::AmazonSes),
    Server::relay("mandrill", "smtp.mandrillapp.com"),
    Server::relay("brevo", "smtp-relay.brevo.com"),
    Server::relay("brevo", "smtp-relay.sendinblue.com"),
    Server::relay("sparkpost", "smtp.sparkpostmail.com").ports(Some(587), None).user("SMTP_Injection"),
    Server::relay("sparkpost", "smtp.eu.sparkpostmail.com").ports(Some(587), None).user("SMTP_Injection"),
    Server::relay("mailjet", "in-v3.mailjet.com"),
    Server::relay("resend", "smtp.resend.com").user("resend"),
    Server::relay("elastic-email", "smtp.elasticemail.com").ports(Some(2525), None),
    Server::relay("mailtrap", "sandbox.smtp.mailtrap.io").ports(Some(2525), None).speaks(Dialect::Sandbox),
    Server::relay("mailtrap", "smtp.mailtrap.io").ports(Some(2525), None).speaks(Dialect::Sandbox),
    Server::relay("mailtrap", "live.smtp.mailtrap.io").ports(Some(587), None).user("api"),
    Server::relay("mailtrap", "bulk.smtp.mailtrap.io").ports(Some(587), None).user("api"),
    Server::relay("mailersend", "smtp.mailersend.net").ports(Some(587), None),
    Server::relay("zeptomail", "smtp.zeptomail.com").user("emailapikey"),
    Server::relay("zeptomail", "smtp.zeptomail.eu").user("emailapikey"),
    Server::relay("zeptomail", "smtp.zeptomail.in").user("emailapikey"),
    Server::relay("smtp2go", "mail.smtp2go.com").ports(Some(2525), Some(465)),
    Server::relay("azure-communication", "smtp.azurecomm.net").ports(Some(587), None),
    Server::relay("oracle", "smtp.email.*.oci.oraclecloud.com").ports(Some(587), None),
    Server::relay("scaleway", "smtp.tem.scw.cloud"),
    Server::relay("socketlabs", "smtp.socketlabs.com").ports(Some(587), None),
    Server::relay("mailpace", "smtp.mailpace.com").ports(Some(587), None),
    Server::relay("forward-email", "smtp.forwardemail.net"),
    Server::relay("netcore", "smtp.netcorecloud.net").ports(Some(587), None),
    Server::relay("loops", "smtp.loops.so").ports(Some(587), None),
    Server::relay("plunk", "smtp.useplunk.com"),
    Server::relay("alibaba", "smtpdm.aliyun.com").ports(None, Some(465)),

    Server::app("google", "smtp.gmail.com", &["gmail.com", "googlemail.com"]).speaks(Dialect::Google),
    Server::app("google", "smtp.googlemail.com", &[]).speaks(Dialect::Google),
    Server::app("google", "smtp-relay.gmail.com", &[]).speaks(Dialect::Google),
    Server::app("microsoft", "smtp.office365.com", &[]).ports(Some(587), None).speaks(Dialect::Microsoft),
    Server::app("microsoft", "smtp-mail.outlook.com", &["outlook.com", "hotmail.com"]).ports(Some(587), None).speaks(Dialect::Microsoft),
    Server::app("yahoo", "smtp.mail.yahoo.com", &["yahoo.com"]),
    Server::app("aol", "smtp.aol.com", &["aol.com"]),
    Server::app("icloud", "smtp.mail.me.com", &["icloud.com", "me.com"]).ports(Some(587), None),
    Server::app("yandex", "smtp.yandex.ru", &["yandex.ru"]).ports(None, Some(465)),
    Server::app("yandex", "smtp.yandex.com", &["yandex.com"]).ports(None, Some(465)),
    Server::app("mail-ru", "smtp.mail.ru", &["mail.ru"]).ports(None, Some(465)),
    Server::app("qq", "smtp.qq.com", &["qq.com"]),
    Server::app("qq", "smtp.exmail.qq.com", &[]).ports(None, Some(465)),
    Server::app("netease", "smtp.163.com", &["163.com"]).ports(None, Some(465)),
    Server::app("netease", "smtp.126.com", &["126.com"]).ports(None, Some(465)),
    Server::app("fastmail", "smtp.fastmail.com", &["fastmail.com"]).ports(None, Some(465)),
    Server::app("zoho", "smtp.zoho.com", &["zoho.com", "zohomail.com"]),
    Server::app("zoho", "smtp.zoho.eu", &[]),
    Server::app("zoho", "smtp.zoho.in", &[]),
    Server::app("zoho", "smtppro.zoho.com", &[]),
    Server::app("zoho", "smtppro.zoho.eu", &[]),
    Server::app("zoho", "smtppro.zoho.in", &[]),
    Server::app("proton", "smtp.protonmail.ch", &[]),
    Server::mailbox("ionos", "smtp.ionos.com"),
    Server::mailbox("ionos", "smtp.ionos.de"),
    Server::mailbox("ionos", "smtp.ionos.co.uk"),
    Server::mailbox("ionos", "smtp.ionos.es"),
    Server::mailbox("ionos", "smtp.ionos.fr"),
    Server::mailbox("ionos", "smtp.ionos.it"),
    Server::mailbox("ovh", "ssl0.ovh.net"),
    Server::mailbox("godaddy", "smtpout.secureserver.net"),
    Server::mailbox("hostinger", "smtp.hostinger.com"),
    Server::mailbox("rackspace", "secure.emailsrvr.com"),
    Server::mailbox("namecheap", "mail.privateemail.com"),
];

/// The server called `host`, in lower case.
pub(super) fn named(host: &str) -> Option<&'static Server> {
    SERVERS
        .iter()
        .find(|server| match server.host.split_once('*') {
            None => server.host == host,
            Some((before, after)) => host
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(is_region),
        })
}

/// The host of the same provider for the rest of the world, if keys don't tell which one knows them.
pub(super) fn elsewhere(host: &str) -> Option<&'static str> {
    match host {
        "smtp.sendgrid.net" => Some("smtp.eu.sendgrid.net"),
        "smtp.eu.sendgrid.net" => Some("smtp.sendgrid.net"),
        _ => None,
    }
}

/// Where a mailer of Symfony's sends to, by its name, if its DSN names no host.
pub(super) fn of_mailer(mailer: &str, region: Option<&str>) -> Option<String> {
    let eu = region == Some("eu");
    Some(match mailer {
        "sendgrid" if eu => "smtp.eu.sendgrid.net".to_owned(),
        "sendgrid" => "smtp.sendgrid.net".to_owned(),
        "mailgun" if eu => "smtp.eu.mailgun.org".to_owned(),
        "mailgun" => "smtp.mailgun.org".to_owned(),
        "ses" => format!("email-smtp.{}.amazonaws.com", region.unwrap_or("eu-west-1")),
        "mandrill" => "smtp.mandrillapp.com".to_owned(),
        "brevo" | "sendinblue" => "smtp-relay.brevo.com".to_owned(),
        "mailjet" => "in-v3.mailjet.com".to_owned(),
        "resend" => "smtp.resend.com".to_owned(),
        "mailersend" => "smtp.mailersend.net".to_owned(),
        "mailtrap" => "live.smtp.mailtrap.io".to_owned(),
        "mailpace" => "smtp.mailpace.com".to_owned(),
        "scaleway" => "smtp.tem.scw.cloud".to_owned(),
        "gmail" => "smtp.gmail.com".to_owned(),
        _ => return None,
    })
}

/// The server for mailboxes with addresses like `user`.
pub(super) fn of_user(user: &str) -> Option<&'static Server> {
    let (_, domain) = user.rsplit_once('@')?;
    SERVERS.iter().find(|server| {
        let mut domains = server.domains.iter();
        domains.any(|one| domain.eq_ignore_ascii_case(one))
    })
}

/// Whether `label` names a region as clouds do: `eu-west-1`, `us-gov-east-1`.
pub(super) fn is_region(label: &str) -> bool {
    let words: Vec<&str> = label.split('-').collect();
    let [area, middle @ .., number] = words.as_slice() else {
        return false;
    };
    let is_word = |word: &&str| {
        (2..=12).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
    };
    area.len() == 2
        && is_word(area)
        && (1..=2).contains(&middle.len())
        && middle.iter().all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// How a connection to `port` becomes safe.
pub(super) fn security(port: u16) -> Security {
    match port {
        465 | 2465 | 8465 => Security::Implicit,
        _ => Security::StartTls,
    }
}

/// The port that is written as a number, or as the name of its service.
pub(super) fn port(text: &str) -> Option<u16> {
    match text {
        "smtp" => Some(25),
        "submission" => Some(587),
        "smtps" | "submissions" | "urd" | "ssmtp" => Some(465),
        number => number.parse().ok().filter(|port| *port != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_of_providers_as_a_whole() {
        for (host, provider) in [
            ("smtp.sendgrid.net", "sendgrid"),
            ("email-smtp.eu-west-1.amazonaws.com", "amazon-ses"),
            ("email-smtp.us-gov-west-1.amazonaws.com", "amazon-ses"),
            ("email-smtp-fips.us-east-1.amazonaws.com", "amazon-ses"),
            ("smtp.email.uk-london-1.oci.oraclecloud.com", "oracle"),
            ("smtp.gmail.com", "google"),
        ] {
            assert_eq!(
                named(host).map(|server| server.provider),
                Some(provider),
                "{host}"
            );
        }
        for host in [
            "smtp.sendgrid.net.evil.example",
            "evil-sendgrid.net",
            "evilsmtp.sendgrid.net",
            "x.smtp.sendgrid.net",
            "smtp-sendgrid.net",
            "smtp.sendgrid.net.",
            "smtp.sendgrid.com",
            "sendgrid.net",
            "email-smtp.evil.amazonaws.com",
            "email-smtp.eu-west-1.evil.amazonaws.com",
            "email-smtp.x.eu-west-1.amazonaws.com",
            "email-smtp..amazonaws.com",
            "email-smtp.eu-west-1.amazonaws.com.evil.example",
            "email-smtp.s3-bucket-1.amazonaws.com",
            "xemail-smtp.eu-west-1.amazonaws.com",
            "amazonaws.com",
            "",
        ] {
            assert!(named(host).is_none(), "{host}");
        }
    }

    #[test]
    fn every_server_is_its_own_and_has_a_port() {
        for (at, server) in SERVERS.iter().enumerate() {
            assert!(server.all_ports().next().is_some(), "{}", server.host);
            let host = server.host.replace('*', "eu-west-1");
            let found = SERVERS
                .iter()
                .position(|one| named(&host).is_some_and(|found| found.host == one.host));
            assert_eq!(found, Some(at), "{host}");
            assert_eq!(host, host.to_ascii_lowercase());
        }
    }

    #[test]
    fn the_port_says_how_it_becomes_safe() {
        let sendgrid = named("smtp.sendgrid.net").unwrap();
        for (port, place) in [
            (None, (587, Security::StartTls)),
            (Some(25), (587, Security::StartTls)),
            (Some(2525), (587, Security::StartTls)),
            (Some(465), (465, Security::Implicit)),
            (Some(2465), (465, Security::Implicit)),
        ] {
            assert_eq!(sendgrid.place(port), place);
        }
        let postmark = named("smtp.postmarkapp.com").unwrap();
        assert_eq!(postmark.place(Some(465)), (587, Security::StartTls));
        let yandex = named("smtp.yandex.ru").unwrap();
        assert_eq!(yandex.place(Some(587)), (465, Security::Implicit));
        for (text, number) in [
            ("submission", Some(587)),
            ("smtps", Some(465)),
            ("2525", Some(2525)),
            ("0", None),
            ("70000", None),
            ("lots", None),
            ("", None),
        ] {
            assert_eq!(port(text), number, "{text}");
        }
    }
}
