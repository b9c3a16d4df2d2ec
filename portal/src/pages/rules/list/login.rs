//! The rules of the login, of suspensions and of the emergency stop.

use super::{Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule("login-method-1", "/login", "browser/flows.test.mjs", "login by method 1 asks for the token"),
    rule("login-method-3", "/login", "certificate.rs", "password_and_certificate_let_in_and_either_alone_does_not"),
    rule("login-one-answer", "/login", "bank/passwords.rs", "whatever_is_wrong_at_login_the_answer_is_the_same"),
    rule(
        "login-suspend",
        "/login",
        "bank/passwords.rs",
        "five_wrong_passwords_suspend_the_login_until_the_bank_resumes_it",
    ),
    rule("login-strangers", "/login", "doors.rs", "strangers_lock_no_customer_out_who_has_been_in_before"),
    rule("login-new-browser", "/outbox", "doors.rs", "a_login_in_another_browser_is_told_by_mail"),
    rule("login-idle", "/home", "site.rs", "after_five_idle_minutes_somebody_is_out_and_told_so"),
    rule(
        "login-generator",
        "/login",
        "bank/generators.rs",
        "who_gave_the_token_back_comes_in_by_the_generator_once_per_password_and_signs_nothing",
    ),
    rule(
        "login-generator-apart",
        "/login",
        "bank/generators.rs",
        "a_time_based_password_answers_no_challenge_and_a_response_is_no_time_based_password",
    ),
    rule("login-passkey", "/passkeys", "passkeys.rs", "a_passkey_is_added_after_a_signature_and_lets_its_person_in"),
    rule(
        "login-passkey-signed",
        "/passkeys/new",
        "passkeys.rs",
        "without_a_signature_in_the_same_session_nobody_adds_a_passkey",
    ),
    rule(
        "login-passkey-verified",
        "/passkeys/new",
        "passkeys.rs",
        "a_new_passkey_of_another_site_or_without_its_owner_is_refused",
    ),
    rule(
        "login-passkey-site",
        "/login",
        "passkeys.rs",
        "a_login_by_another_origin_another_key_or_for_another_person_is_refused",
    ),
    rule("login-passkey-once", "/login", "passkeys.rs", "a_login_by_passkey_is_good_once"),
    rule(
        "login-passkey-copy",
        "/outbox",
        "passkeys.rs",
        "a_copied_passkey_is_noticed_by_its_count_and_its_owner_is_told",
    ),
    rule(
        "login-passkey-alone",
        "/passkeys",
        "passkeys.rs",
        "by_passkey_alone_means_that_the_password_opens_neither_login_nor_linkage",
    ),
    rule(
        "login-passkey-service",
        "/operator",
        "passkeys.rs",
        "whoever_is_out_of_service_or_gone_is_not_let_in_by_a_passkey",
    ),
    rule(
        "login-passkey-transfer",
        "/transfer",
        "browser/passkeys.test.mjs",
        "a passkey is added after the token's signature and lets in, and the token protects the transfer",
    ),
    rule("login-passkey-life", "/passkeys", "life/passkey.rs", "every_state_of_the_passkey_has_its_way_out"),
    rule("password-change", "/password", "life.rs", "who_gave_the_token_back_sets_the_login_password_by_the_generator"),
    rule("password-two", "/password", "site.rs", "the_two_passwords_of_a_person_are_two_whoever_sets_them"),
    rule(
        "suspend-transaction",
        "/orders/confirm",
        "bank/passwords.rs",
        "wrong_transaction_passwords_suspend_it_and_no_order_is_taken",
    ),
    rule("suspend-otp", "/orders", "bank/passwords.rs", "wrong_one_time_passwords_suspend_across_orders"),
    rule("suspend-first-otp", "/registration", "bank/passwords.rs", "five_wrong_first_otp_passwords_suspend_it"),
    rule("suspend-told", "/outbox", "life.rs", "a_suspension_is_told_to_the_person_and_to_the_other_administrators"),
    rule("suspend-resume", "/users", "bank/passwords.rs", "a_new_password_resumes_a_user_and_no_administrator"),
    rule(
        "suspend-service",
        "/users",
        "bank/registration.rs",
        "who_is_taken_out_of_service_signs_nothing_until_resumed",
    ),
];
