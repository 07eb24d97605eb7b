//! Whether a rule of another scanner and one of ours are about the same kind of secret.
//!
//! Asked where nothing but a file and a line is known of what was let pass: something else may stand there by now. Goes by the names of the
//! rules alone.

/// Issuers and kinds by which rules are called, each with the words for it in the names of rules.
const KINDS: [(&str, &[&str]); 27] = [
    ("sendgrid", &["sendgrid"]),
    ("twilio", &["twilio"]),
    ("mailgun", &["mailgun"]),
    ("mandrill", &["mandrill"]),
    ("mailchimp", &["mailchimp"]),
    ("brevo", &["brevo", "sendinblue"]),
    ("postmark", &["postmark"]),
    ("resend", &["resend"]),
    ("mailjet", &["mailjet"]),
    ("sparkpost", &["sparkpost"]),
    ("elastic email", &["elastic-email", "elasticemail"]),
    ("mailersend", &["mailersend"]),
    ("mailtrap", &["mailtrap"]),
    ("smtp2go", &["smtp2go"]),
    ("zeptomail", &["zeptomail"]),
    ("azure", &["azure"]),
    ("aws", &["aws", "amazon"]),
    ("gmail", &["gmail", "google"]),
    ("github", &["github"]),
    ("slack", &["slack"]),
    ("stripe", &["stripe"]),
    ("private key", &["private-key", "privatekey", "private key"]),
    ("rails", &["rails"]),
    ("vault", &["vault"]),
    (
        "database",
        &[
            "database",
            "postgres",
            "mysql",
            "mongodb",
            "connection-string",
            "jdbc",
        ],
    ),
    ("jwt", &["jwt"]),
    ("webhook", &["webhook"]),
];

/// Words in the names of rules that go by the name of a key, by what a value looks like, or by where a login stands.
const ANYTHING: [&str; 17] = [
    "generic",
    "keyword",
    "entropy",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "basic-auth",
    "basicauth",
    "basic auth",
    "curl-auth",
    "smtp",
    "mail",
    "login",
    "dotenv",
    "uri",
    "secret",
];

/// Whether what the rule `theirs` let pass may be what our rule `ours` finds at the same place.
pub fn is_alike(theirs: &str, ours: &str) -> bool {
    let (theirs, ours) = (theirs.to_lowercase(), ours.to_lowercase());
    let holds = |id: &str, words: &[&str]| words.iter().any(|word| id.contains(word));
    let kinds = || KINDS.iter().filter(|(_, words)| holds(&theirs, words));
    if kinds().next().is_some() {
        return kinds().any(|(_, words)| holds(&ours, words));
    }
    holds(&theirs, &ANYTHING)
}

#[cfg(test)]
mod tests {
    use super::is_alike;

    #[test]
    fn issuers_are_told_apart_and_guesses_fit_everything() {
        for (theirs, ours, alike) in [
            ("sendgrid-api-token", "sendgrid-api-key", true),
            ("kingfisher.sendgrid.1", "sendgrid-key-by-format", true),
            (
                "@secretlint/secretlint-rule-sendgrid",
                "sendgrid-api-key",
                true,
            ),
            ("sendinblue-api-token", "brevo-smtp-key", true),
            ("generic-api-key", "sendgrid-api-key", true),
            ("generic-api-key", "smtp-login", true),
            ("@secretlint/secretlint-rule-basicauth", "smtp-url", true),
            ("hashicorp-tf-password", "smtp-login", true),
            ("stripe-access-token", "dotenv-stripe-key", true),
            ("Twilio", "twilio-auth-token", true),
            ("sendgrid-api-token", "twilio-auth-token", false),
            ("sendgrid-api-token", "smtp-login", false),
            ("aws-access-token", "sendgrid-api-key", false),
            ("stripe-secret-key", "smtp-login", false),
            ("npm-access-token", "sendgrid-api-key", false),
            ("acme", "smtp-login", false),
            ("", "smtp-login", false),
        ] {
            assert_eq!(is_alike(theirs, ours), alike, "{theirs} {ours}");
        }
    }
}
