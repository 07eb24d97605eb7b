//! Which values are harmless and which are not, by example.

use super::*;

fn judged(value: &str, kind: ValueKind, key: &str) -> Option<Drop> {
    judge(
        value.as_bytes(),
        About {
            kind,
            key: key.as_bytes(),
            min_entropy: 0.0,
        },
    )
}

fn password(value: &str) -> Option<Drop> {
    judged(value, ValueKind::Password, "smtp_password")
}

fn opaque(value: &str) -> Option<Drop> {
    judged(value, ValueKind::Opaque, "api_key")
}

#[test]
fn human_passwords_are_secrets() {
    for value in [
        "Company2023!",
        "Admin@123",
        "Winter2024!mail",
        "smtpHarbor!!",
        "mail-server",
        "hunter7x9",
        "tall oaks grow slow",
        "qwerty-Harbor7!",
        "p@ss=w/rd:1x",
        "Summer2019",
        "letmeinplease7",
        "correcthorse9",
        "$ecret1",
        "Test!Harbor#22",
        "#Kestrel99",
        "Pa$$w0rd!Harbor",
        "100%Granite",
        "tulip.orchard.77",
        "Foo-Bar-Harbor-9",
        "Winter0000!",
        "Harbor----77",
        "#Winter2024#",
        "(Winter2024)",
        "[Harbor99]",
        "doppler2024!x",
        "local.Winter2024!",
    ] {
        assert_eq!(password(value), None, "{value}");
    }
}

#[test]
fn placeholders_are_not() {
    for value in [
        "password",
        "Password",
        "PASSWORD",
        "changeme",
        "change-me",
        "your_password",
        "your-app-password",
        "yourpassword",
        "your-16-char-app-password",
        "my-smtp-password",
        "MySecretPassword",
        "secret",
        "xxxx",
        "xxxxxxxx",
        "test123",
        "password1",
        "insert_password_here",
        "TODO",
        "example",
        "smtp password",
        "p4ssw0rd",
        "passw0rd",
        "P@ssw0rd",
        "hunter2",
        "fake_mail_password",
        "VOTRE_MOT_DE_PASSE",
        "[REDACTED]",
        "replace-with-your-password",
        "enter your password",
        "contrase\u{f1}a",
        "\u{5bc6}\u{7801}",
        "yourEmailPassword",
        "YOUR_SMTP_PASSWORD_HERE",
    ] {
        assert!(
            matches!(
                password(value),
                Some(
                    Drop::Placeholder | Drop::Template | Drop::Repeated | Drop::Prose | Drop::Echo
                )
            ),
            "{value}: {:?}",
            password(value)
        );
    }
}

#[test]
fn templates_of_every_ecosystem() {
    for value in [
        "${X}",
        "${X:?m}",
        "$X",
        "$(cat x)",
        "@X@",
        "%X%",
        "${{ secrets.X }}",
        "$(X)",
        "$[variables.x]",
        "<< parameters.x >>",
        "{{ x }}",
        "{{ .Values.x }}",
        "{% x %}",
        "<%= x %>",
        "#{x}",
        "#x#",
        "${var.x}",
        "{{resolve:secretsmanager:x}}",
        "%env(X)%",
        "$__file{/x}",
        "{$MACRO}",
        "#{X}#",
        "__X__",
        "%(X)s",
        "%{X}",
        "@@X@@",
        "{X}",
        "{0}",
        "{}",
        "%s",
        ":password",
        "$env:X",
        "<your password>",
        "$DB_PASSWORD",
        "$password",
    ] {
        assert!(
            matches!(password(value), Some(Drop::Template | Drop::TooShort)),
            "{value}: {:?}",
            password(value)
        );
    }
}

#[test]
fn references_and_ciphertext() {
    for value in [
        "op://vault/item/x",
        "vault:secret/data/mail#k",
        "ref+awsssm://x",
        "arn:aws:secretsmanager:eu:1:secret:x",
        "/run/secrets/smtp",
        "process.env.X",
        "os.environ['X']",
        "getenv('X')",
        "./smtp.pw",
        "https://vault.harbor.io/x",
        "config('mail.password')",
        "var.smtp_password",
        "this.config.pass",
        "data.vault.smtp",
        "settings.MAIL_PASSWORD",
    ] {
        assert_eq!(password(value), Some(Drop::Reference), "{value}");
    }
    for value in [
        "ENC(abcDEF123==)",
        "ENC[AES256_GCM,data:x]",
        "{cipher}00ff",
        "encrypted:BASE64x==",
        "{AQAAABAAAAAQ}",
        "$ANSIBLE_VAULT;1.1",
        "$2y$10$abcdefghijk",
        "{SSHA}x9",
        "0:3:abcd",
        "{aes-gcm}x",
    ] {
        assert_eq!(password(value), Some(Drop::Encrypted), "{value}");
    }
}

#[test]
fn what_a_quote_cut_out_of_a_template() {
    for value in [
        "<%= ENV[",
        "{{ lookup(",
        "#{ENV[",
        "${var.smtp[",
        "$(pass show ",
    ] {
        assert_eq!(password(value), Some(Drop::Template), "{value}");
    }
    for value in ["<Harbor[7", "(winter=night", "#{4Kites"] {
        assert_eq!(password(value), None, "{value}");
    }
}

#[test]
fn louder_words_and_grouped_ramps() {
    for value in ["verysecret", "somepassword", "superpassword", "nullable"] {
        assert_eq!(password(value), Some(Drop::Placeholder), "{value}");
    }
    assert_eq!(password("abcd efgh ijkl mnop"), Some(Drop::Ramp));
    for value in ["verylongwinter", "someharbor12", "tall oaks grow slow"] {
        assert_eq!(password(value), None, "{value}");
    }
}

#[test]
fn machine_made_values() {
    for value in [
        "d41d8cd98f00b204e9800998ecf8427e",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ] {
        assert_eq!(opaque(value), Some(Drop::KnownDigest), "{value}");
        assert_eq!(password(value), Some(Drop::KnownDigest), "{value}");
    }
    for value in [
        "1234567890abcdef1234567890abcdef",
        "abcdefghijklmnopqrstuvwxyz012345",
        "00000000000000000000000000000000",
        "0123456789012345",
    ] {
        assert!(opaque(value).is_some(), "{value}");
    }
    for value in [
        "your-api-key-here-1234",
        "ACS_RESOURCE_NAME",
        "api.provider.com",
        "xxxxxxxxxxxxxxxxxxxxxxx1",
        "insert_your_token_here",
    ] {
        assert!(opaque(value).is_some(), "{value}");
    }
    for value in [
        "9f86d081884c7d659a2feaa0c55ad015",
        "q7Rk2Zx9vLm4Tn8Wb3Yc6Pd1",
        "test_4fG7hJ9kL2mN5pQ8rS1t",
    ] {
        assert_eq!(opaque(value), None, "{value}");
    }
}

#[test]
fn a_value_that_says_no_more_than_its_key() {
    assert_eq!(
        judged("SMTP_PASSWD_KEY", ValueKind::Opaque, "smtp_passwd_key"),
        Some(Drop::Placeholder)
    );
    assert_eq!(
        judged("harbor-login", ValueKind::Password, "harborLogin"),
        Some(Drop::Echo)
    );
    assert_eq!(
        judged("harbor-login", ValueKind::Password, "password"),
        None
    );
}

#[test]
fn hosts() {
    for host in [
        "localhost",
        "127.0.0.1",
        "mailhog",
        "[::1]",
        "mailpit.internal",
        "smtp.ethereal.email",
    ] {
        assert!(is_local_host(host.as_bytes()), "{host}");
    }
    for host in [
        "smtp.example.com",
        "mail.yourdomain.com",
        "example.org",
        "192.0.2.7",
        "mail.test",
        "bob@example.com",
    ] {
        assert!(is_example_host(host.as_bytes()), "{host}");
    }
    for host in [
        "smtp.sendgrid.net",
        "mail.harbor.io",
        "10.0.0.7",
        "smtp.gmail.com",
    ] {
        assert!(
            !is_local_host(host.as_bytes()) && !is_example_host(host.as_bytes()),
            "{host}"
        );
    }
}

#[test]
fn entropy_of_known_texts() {
    assert!(entropy(b"") == 0.0 && entropy(b"aaaa") == 0.0);
    assert!((entropy(b"abcd") - 2.0).abs() < 1e-6);
    assert!((entropy(b"aabb") - 1.0).abs() < 1e-6);
}

#[test]
fn the_inner_structure_of_a_sendgrid_key() {
    let sample = |seed: &str| crate::rules::sample::expand("<<sendgrid-key>>", seed).unwrap();
    for seed in 0..200 {
        assert!(is_sendgrid_key_structure(&sample(&seed.to_string())));
    }
    let random = |seed: u32| {
        let template = "SG.<<base64url:22>>.<<base64url:43>>";
        is_sendgrid_key_structure(
            &crate::rules::sample::expand(template, &seed.to_string()).unwrap(),
        )
    };
    assert!(
        (0..4000).filter(|&seed| random(seed)).count() < 8,
        "one imitation in 4096 passes by chance"
    );
}
