//! Every row of the tables of answers, and every protection, with the test that names it: a row without a test fails here, and so does
//! a test that was renamed or is no test any more.

use std::collections::BTreeMap;
use std::path::Path;

/// A row in words, the file below `tests/it` or `src`, and the test in it.
type Row = (&'static str, &'static str, &'static str);

const SENDGRID: &str = "tests/it/verify_sendgrid.rs";
const TWILIO: &str = "tests/it/verify_twilio.rs";
const MAIL: &str = "tests/it/verify_mail.rs";
const SESSION: &str = "tests/it/verify_mail_session.rs";
const NET: &str = "tests/it/verify_net.rs";
const RECIPES: &str = "tests/it/verify_recipes.rs";
const RUN: &str = "tests/it/verify_run.rs";
const TRUST: &str = "tests/it/verify/trust.rs";
const COMMAND: &str = "tests/it/verify/command.rs";
const SECRECY: &str = "tests/it/verify/secrecy.rs";
const PACE: &str = "src/verify/pace/tests.rs";

/// What SendGrid's API says.
#[rustfmt::skip]
const OF_SENDGRID: [Row; 15] = [
    ("200 with scopes", SENDGRID, "row_200_with_scopes_is_live_and_tells_what_it_can_do"),
    ("401 grant invalid, expired, or revoked", SENDGRID, "row_401_invalid_expired_or_revoked_is_dead_when_the_eu_says_so_too"),
    ("401 authorization required", SENDGRID, "row_401_authorization_required_is_a_fault_of_ours"),
    ("401 or 403 address not listed", SENDGRID, "row_401_or_403_ip_address_not_whitelisted_is_live_restricted"),
    ("401 credits exceeded", SENDGRID, "row_401_maximum_credits_exceeded_is_live"),
    ("401 not authorized to send", SENDGRID, "row_401_not_authorized_to_send_mail_is_live"),
    ("403 access forbidden", SENDGRID, "row_403_access_forbidden_is_live_restricted"),
    ("403 without such a body", SENDGRID, "row_403_without_such_a_body_is_a_block"),
    ("429 throttled", SENDGRID, "row_429_is_unknown"),
    ("451 data residency", SENDGRID, "row_451_tries_the_eu_and_is_never_dead"),
    ("406 no Accept header", SENDGRID, "row_406_is_a_fault_of_ours"),
    ("5xx, timeout, TLS, DNS", SENDGRID, "row_5xx_timeout_tls_and_dns_are_unknown_and_ask_nobody_else"),
    ("basic authentication declined", SENDGRID, "row_basic_auth_is_undecidable"),
    ("suspended, banned, under review", SENDGRID, "row_suspended_or_banned_account_is_unknown_while_nobody_knows_its_answer"),
    ("which region a key belongs to", SENDGRID, "row_which_region_a_401_at_global_is_tried_at_the_eu_once"),
];

/// What Twilio's API says.
#[rustfmt::skip]
const OF_TWILIO: [Row; 14] = [
    ("200", TWILIO, "row_200_live"),
    ("401 20003, dead", TWILIO, "row_401_20003_is_dead_once_every_region_refuses"),
    ("401 20003, another region", TWILIO, "row_401_20003_in_one_region_is_live_in_another"),
    ("401 20003, not proven", TWILIO, "row_401_20003_is_unanswered_while_a_region_is_silent"),
    ("401 20003, a guessed pair", TWILIO, "row_401_20003_on_a_guessed_pair_tries_two_other_accounts"),
    ("401 20003, a key", TWILIO, "row_401_20003_of_a_key_is_dead_once_kinds_and_regions_are_excluded"),
    ("401 or 403 70051", TWILIO, "row_70051_is_a_live_restricted_key"),
    ("403 20008", TWILIO, "row_403_20008_is_test_credentials"),
    ("20005", TWILIO, "row_20005_is_live_but_inactive"),
    ("404 20404 and 429 20429", TWILIO, "rows_404_429_and_others_tell_nothing"),
    ("main, standard and restricted keys", TWILIO, "keys_of_three_kinds_are_told_apart"),
    ("regions beside the pair", TWILIO, "regions_come_from_what_stands_beside"),
    ("a key without its account", TWILIO, "a_key_without_its_account_is_asked_at_verify"),
    ("an OAuth client", TWILIO, "an_oauth_client_is_not_asked_because_that_mints_a_token"),
];

/// What mail servers say.
#[rustfmt::skip]
const OF_MAIL: [Row; 17] = [
    ("235", MAIL, "row_235_live"),
    ("334", MAIL, "row_334_is_no_end"),
    ("432", MAIL, "row_432_password_transition_is_unknown"),
    ("451 of SendGrid", MAIL, "row_451_of_sendgrid_is_never_dead"),
    ("454", MAIL, "row_454_and_other_temporary_answers_are_unknown"),
    ("500, 501, 503, 504", MAIL, "rows_500_501_503_504_are_faults_of_the_question"),
    ("530", MAIL, "row_530_login_or_tls_required_is_a_fault_of_the_question"),
    ("534", MAIL, "row_534_of_gmail_says_that_the_password_is_right"),
    ("535", MAIL, "row_535_dead"),
    ("535 about the way in", MAIL, "row_535_about_the_way_in_is_unknown"),
    ("538", MAIL, "row_538_encryption_required_is_a_fault_of_the_question"),
    ("550", MAIL, "row_550_of_sendgrid_without_a_login_is_a_fault_of_the_question"),
    ("535 of SendGrid", MAIL, "row_535_of_sendgrid_by_its_texts"),
    ("535 of Microsoft", MAIL, "row_535_of_microsoft_is_dead_only_where_it_says_so"),
    ("535 of Gmail", MAIL, "row_535_of_gmail_is_dead_for_app_passwords_alone"),
    ("535 of Amazon SES", MAIL, "row_535_of_ses_may_be_the_region"),
    ("codes that nobody lists", MAIL, "codes_that_nobody_lists_are_unknown"),
];

/// What others say, a recipe each.
#[rustfmt::skip]
const OF_OTHERS: [Row; 10] = [
    ("Brevo", RECIPES, "row_brevo"),
    ("Elastic Email", RECIPES, "row_elastic_email"),
    ("Mailchimp", RECIPES, "row_mailchimp"),
    ("MailerSend", RECIPES, "row_mailersend"),
    ("Mailgun", RECIPES, "row_mailgun"),
    ("Mailjet", RECIPES, "row_mailjet"),
    ("Mandrill", RECIPES, "row_mandrill"),
    ("Postmark", RECIPES, "row_postmark"),
    ("Resend", RECIPES, "row_resend"),
    ("SparkPost", RECIPES, "row_sparkpost"),
];

/// What protects whoever asks, and whoever is asked about.
#[rustfmt::skip]
const PROTECTIONS: [Row; 42] = [
    ("look-alike hosts", MAIL, "look_alikes_are_not_asked"),
    ("a host out of the scanned file", TRUST, "a_mail_server_out_of_a_file_is_not_contacted_unless_the_operator_names_it"),
    ("an id that would lead to another path", TWILIO, "an_id_of_another_form_gets_into_no_path"),
    ("hosts that are not listed", NET, "only_listed_hosts_are_asked_and_no_others_looked_up"),
    ("a label that would be two", NET, "a_star_stands_for_one_label_and_no_more"),
    ("addresses that are not public, in numbers", "src/verify/net/address.rs", "only_public_addresses_are_public"),
    ("addresses that are not public, from a resolver", NET, "an_answer_of_dns_that_is_not_public_is_not_dialled"),
    ("this machine", NET, "this_machine_is_reached_only_where_the_operator_says_both"),
    ("rebinding", NET, "what_was_checked_is_what_is_dialled_however_often_the_name_changes"),
    ("a resolver that hangs", NET, "a_name_that_is_looked_up_forever_is_given_up"),
    ("redirects", NET, "a_redirect_is_an_answer_and_goes_nowhere"),
    ("a proxy of the environment", NET, "the_proxies_of_the_environment_are_not_asked"),
    ("a proxy of the operator", NET, "a_proxy_that_the_operator_names_sees_the_host_and_no_secret"),
    ("oversized bodies", NET, "an_answer_that_is_too_long_is_none"),
    ("endless bodies", NET, "an_answer_that_never_ends_is_none"),
    ("endless headers", NET, "headers_without_end_are_no_answer"),
    ("slow-loris replies", NET, "a_peer_that_drips_gets_no_more_time_than_one_that_is_silent"),
    ("compressed bombs", NET, "what_is_packed_is_not_unpacked"),
    ("invalid UTF-8", NET, "a_body_that_is_no_text_is_empty"),
    ("HTML with 200", TWILIO, "row_200_of_somebody_else_is_no_answer"),
    ("HTML with 403", SENDGRID, "row_403_without_such_a_body_is_a_block"),
    ("TLS: name, time and trust over HTTP", NET, "a_certificate_has_to_be_trusted_valid_and_for_the_host"),
    ("TLS: name, time and trust over SMTP", SESSION, "certificates_must_be_for_the_name_in_time_and_trusted"),
    ("a peer without TLS", NET, "a_peer_without_tls_hears_no_credential"),
    ("SMTP without TLS, and STARTTLS taken out", SESSION, "a_server_without_starttls_hears_no_credential"),
    ("replies before the handshake", SESSION, "injected_replies_forge_no_verdict"),
    ("SMTP: silence", SESSION, "silence_ends_at_the_deadline"),
    ("SMTP: drip", SESSION, "a_drip_gains_no_time"),
    ("SMTP: endless lines and replies", SESSION, "an_endless_line_and_an_endless_reply_are_not_read_to_their_end"),
    ("one try for each login", MAIL, "a_login_is_tried_once_however_often_it_is_found"),
    ("one question for each credential", RUN, "each_credential_is_asked_about_once_and_all_who_have_it_are_told"),
    ("mailboxes that lock", MAIL, "mailboxes_are_asked_on_request_only"),
    ("a second header by a line break", RECIPES, "a_value_that_would_begin_another_header_goes_nowhere"),
    ("a recipe of the scanned repository", TRUST, "a_recipe_in_the_repository_is_not_followed_and_one_of_the_operator_is"),
    ("nothing unasked, in no hook", COMMAND, "without_being_asked_for_nothing_is_asked"),
    ("no secret is written", SECRECY, "nothing_that_is_asked_or_answered_is_written_anywhere"),
    ("Retry-After and X-RateLimit-Reset", "src/verify/net/http.rs", "a_wait_is_read_in_every_form"),
    ("a host that wants to be left alone", PACE, "a_host_that_wants_to_be_left_alone_for_long_is_not_asked_by_others"),
    ("back-off on unknown alone", PACE, "only_what_tells_nothing_is_asked_again"),
    ("few questions to a host at a time", PACE, "a_host_is_asked_by_few_at_a_time"),
    ("few questions a second", PACE, "questions_keep_their_distance"),
    ("a bound on time and requests", PACE, "a_run_ends_with_its_requests_its_time_or_when_it_is_told"),
];

/// The names of the tests in `file`.
fn tests_of(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut is_test = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("fn ").filter(|_| is_test) {
            names.push(name.split('(').next().unwrap().to_owned());
        }
        // other attributes may stand between; an ignored test proves nothing
        is_test =
            line == "#[test]" || (is_test && line.starts_with('#') && !line.contains("ignore"));
    }
    names
}

#[test]
fn every_row_has_a_test_that_names_it() {
    let rows = OF_SENDGRID.iter().chain(&OF_TWILIO).chain(&OF_MAIL);
    let rows = rows.chain(&OF_OTHERS).chain(&PROTECTIONS);
    let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (row, file, test) in rows {
        let names = known.entry(file).or_insert_with(|| tests_of(file));
        assert!(
            names.iter().any(|name| name == test),
            "{row}: {file} has no test {test}"
        );
    }
}
