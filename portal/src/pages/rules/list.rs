//! The list: each rule by the name of its text, with the page where it lives and the test that holds it.

mod login;

/// A rule of the bank.
pub(super) struct Rule {
    /// The end of the name of its text, `rule-…`.
    pub name: &'static str,
    /// The route of the page where it lives.
    pub page: &'static str,
    /// The file of the test, under `tests/`.
    pub file: &'static str,
    /// The test: the name of the function, or the beginning of the title in a browser test.
    pub test: &'static str,
}

/// The parts of the list, by the end of the name of the heading, `rules-…`.
pub(super) const PARTS: &[(&str, &[Rule])] = &[
    (
        "contract",
        &[
            rule(
                "apply-administrators",
                "/apply",
                "contract.rs",
                "two_administrators_come_in_with_what_they_chose_and_no_letter_tells_it",
            ),
            rule(
                "apply-method",
                "/apply",
                "contract.rs",
                "the_application_explains_each_login_method_and_chooses_none",
            ),
            rule("apply-mails", "/apply", "site.rs", "an_application_sends_few_mails_and_no_words_of_its_own"),
            rule(
                "report",
                "/outbox",
                "bank/people.rs",
                "an_applicant_gets_a_contract_once_and_comes_in_with_what_the_letter_says",
            ),
            rule("token-by-itself", "/outbox", "bank/registration.rs", "tokens_are_lent_once_and_then_there_are_none"),
            rule(
                "related-accounts",
                "/contract",
                "contract.rs",
                "a_related_account_is_added_by_a_signature_and_hidden_from_users_until_it_is_opened",
            ),
            rule("contact", "/contract", "contract.rs", "contact_data_is_what_the_signature_is_bound_to"),
            rule("login-id", "/contract", "contract.rs", "with_another_login_id_the_one_before_leads_to_nobody"),
            rule(
                "user-id",
                "/contract",
                "contract.rs",
                "with_another_user_id_somebody_keeps_token_certificate_and_records",
            ),
            rule(
                "user-id-linkages",
                "/contract",
                "linkage/accounts.rs",
                "another_user_id_ends_the_linkages_and_nothing_else",
            ),
            rule("contract-closed", "/contract", "contract.rs", "the_contract_is_managed_by_administrators_alone"),
            rule("contract-end", "/operator", "desk.rs", "with_its_end_a_contract_is_closed_to_everybody"),
        ],
    ),
    (
        "people",
        &[
            rule(
                "users-token",
                "/users",
                "browser/administration.test.mjs",
                "people, passwords, limits and tokens are changed by what the token has shown",
            ),
            rule(
                "users-administrators",
                "/users/new",
                "bank/people.rs",
                "a_user_signs_for_nobody_else_and_nobody_signs_out_of_service",
            ),
            rule(
                "users-menus",
                "/users",
                "bank/orders.rs",
                "a_menu_that_was_closed_after_an_order_was_placed_stops_it",
            ),
            rule("users-accounts", "/users", "contract.rs", "a_closed_account_is_on_no_page"),
            rule(
                "users-accounts-pay",
                "/transfer",
                "contract.rs",
                "a_user_pays_from_no_account_that_is_closed_to_them",
            ),
            rule(
                "users-mail",
                "/users",
                "bank/people.rs",
                "an_administrator_corrects_where_mail_goes_and_both_addresses_are_told",
            ),
            rule(
                "users-removed",
                "/users",
                "bank/generators.rs",
                "whoever_is_taken_out_of_the_books_leaves_neither_activation_nor_generator_at_the_verifier",
            ),
            rule("users-other-company", "/users", "site.rs", "the_pages_of_one_company_are_not_there_for_another"),
        ],
    ),
    (
        "token",
        &[
            rule(
                "token-first-otp",
                "/registration",
                "bank/passwords.rs",
                "the_first_otp_password_is_taken_for_ninety_days_in_japan",
            ),
            rule(
                "token-first-otp-new",
                "/operator",
                "bank/passwords.rs",
                "a_new_first_otp_password_has_ninety_days_of_its_own",
            ),
            rule(
                "token-user",
                "/registration",
                "bank/registration.rs",
                "a_user_registers_without_a_first_otp_password_on_the_token_that_was_handed_out",
            ),
            rule(
                "token-two-codes",
                "/registration",
                "browser/story.test.mjs",
                "a transfer is booked as the token has shown it",
            ),
            rule(
                "token-initialise",
                "/registration",
                "bank/registration.rs",
                "a_registration_is_initialised_until_it_has_signed",
            ),
            rule(
                "token-no",
                "/login/otp",
                "browser/corners.test.mjs",
                "after a \"no\" on the token, and after its loss, a lone administrator logs in and signs",
            ),
            rule(
                "token-revoked",
                "/users",
                "bank/registration.rs",
                "a_revoked_token_signs_nothing_and_nobody_has_it_any_more",
            ),
            rule("token-revoked-session", "/operator", "site.rs", "whose_token_the_bank_revokes_is_out"),
            rule(
                "token-lost",
                "/operator",
                "life.rs",
                "after_a_loss_a_lone_administrator_signs_again_whatever_the_login_method",
            ),
            rule("token-contract", "/operator", "life.rs", "a_token_is_lent_to_its_own_contract_alone"),
            rule("token-life", "/registration", "life.rs", "every_state_of_the_token_has_its_way_out"),
        ],
    ),
    ("login", login::RULES),
    (
        "transaction",
        &[
            rule(
                "pay-password",
                "/transfer",
                "browser/flows.test.mjs",
                "every payment is signed with what the token has shown",
            ),
            rule("pay-as-shown", "/transfer", "bank/orders.rs", "a_signed_transfer_is_booked_as_the_challenge_says"),
            rule("pay-once", "/orders", "attacks.rs", "a_response_that_is_sent_twice_is_booked_once"),
            rule("pay-late", "/orders", "attacks.rs", "a_response_that_comes_late_is_not_accepted"),
            rule("pay-old-code", "/orders", "attacks.rs", "the_response_to_an_old_code_is_not_accepted"),
            rule("pay-limit", "/limits", "bank/orders.rs", "the_daily_limit_and_the_balance_hold_and_leave_no_trace"),
            rule(
                "pay-registration",
                "/transfer",
                "caution.rs",
                "in_the_first_three_days_after_a_registration_its_person_pays_less",
            ),
            rule(
                "pay-new-payees",
                "/transfer",
                "caution.rs",
                "all_new_payees_of_a_day_have_one_limit_and_known_payees_the_daily_one",
            ),
            rule(
                "pay-first",
                "/remittance",
                "caution.rs",
                "a_receiver_abroad_and_a_biller_are_new_until_three_days_after_the_first_payment",
            ),
            rule("pay-new-batch", "/bulk", "caution.rs", "new_payees_of_a_batch_count_as_well"),
            rule("pay-raise", "/limits", "caution.rs", "a_raised_limit_holds_after_a_day_and_a_lower_one_at_once"),
            rule(
                "pay-caution-shown",
                "/orders/confirm",
                "caution.rs",
                "each_caution_is_shown_with_its_reason_before_anything_is_signed",
            ),
            rule(
                "pay-limit-form",
                "/transfer",
                "browser/corners.test.mjs",
                "a form is corrected, gone back to, and a wrong screen is told to the desk",
            ),
            rule(
                "pay-day",
                "/transfer",
                "bank/orders.rs",
                "a_payment_that_is_signed_after_midnight_in_japan_is_not_carried_out",
            ),
            rule(
                "pay-batch",
                "/bulk",
                "bank/orders.rs",
                "a_batch_is_paid_whole_or_not_at_all_and_only_with_the_file_that_was_signed",
            ),
            rule(
                "pay-batch-rows",
                "/bulk",
                "browser/corners.test.mjs",
                "what a batch pays is looked through before it is signed, and a broken file is told by line and column",
            ),
            rule(
                "pay-differs",
                "/orders",
                "browser/corners.test.mjs",
                "a form is corrected, gone back to, and a wrong screen is told to the desk",
            ),
            rule(
                "pay-killed",
                "/orders",
                "bank/orders.rs",
                "what_was_accepted_before_the_process_was_killed_is_booked_once",
            ),
        ],
    ),
    (
        "certificate",
        &[
            rule(
                "certificate-password",
                "/certificate",
                "certificate.rs",
                "the_password_alone_leads_to_the_certificate_page_and_nowhere_else",
            ),
            rule(
                "certificate-suspend",
                "/certificate",
                "certificate.rs",
                "five_wrong_certificate_passwords_suspend_it",
            ),
            rule(
                "certificate-end",
                "/certificate",
                "certificate.rs",
                "a_certificate_ends_with_its_last_day_also_on_a_resumed_connection",
            ),
            rule(
                "certificate-renew",
                "/certificate",
                "certificate.rs",
                "a_renewal_is_signed_and_the_old_certificate_ends_with_the_first_login_by_the_new_one",
            ),
            rule("certificate-remind", "/outbox", "life.rs", "every_state_of_the_certificate_has_its_way_out"),
            rule(
                "certificate-lost",
                "/operator",
                "certificate.rs",
                "a_lost_certificate_is_out_at_once_and_a_new_password_comes_by_letter",
            ),
        ],
    ),
    (
        "linkage",
        &[
            rule(
                "link-terms",
                "/link/{flow}/terms",
                "browser/linkage.test.mjs",
                "a service is linked, used, asks for a transfer, and is unlinked",
            ),
            rule(
                "link-stop",
                "/link/{flow}/stop",
                "browser/linkage.test.mjs",
                "stopping on the way leads back to the provider, which learns no more than that",
            ),
            rule(
                "link-idle",
                "/link/{flow}/terms",
                "consent.rs",
                "an_idle_customer_goes_on_from_the_first_page_or_back_to_the_provider",
            ),
            rule(
                "link-no-certificate",
                "/link/{flow}/certificate",
                "consent.rs",
                "without_a_certificate_a_way_leads_back_to_the_provider",
            ),
            rule("link-tls", "/link/{flow}/terms", "issuer.rs", "the_issuer_for_fapi_answers_under_tls_alone"),
            rule(
                "link-reasons",
                "/link/{flow}/terms",
                "linkage/mistakes.rs",
                "each_mistake_at_the_issuer_for_fapi_has_its_reason",
            ),
            rule(
                "link-certificate",
                "/link/{flow}/certificate/password",
                "browser/customers.test.mjs",
                "a certificate and the login password link a service, and the password alone does not",
            ),
            rule(
                "link-password",
                "/link/{flow}/login",
                "browser/linkage.test.mjs",
                "inquiries alone are linked without a code, and a registered account is not asked for twice",
            ),
            rule(
                "link-generator",
                "/link/{flow}/otp",
                "browser/customers.test.mjs",
                "who gave the camera token back links inquiries with a generator's digits alone",
            ),
            rule(
                "link-not-ready",
                "/link/{flow}/login",
                "browser/linkage.test.mjs",
                "what stands in the way of a linkage is said before anything else",
            ),
            rule(
                "link-pin",
                "/link/{flow}/accounts",
                "linkage/accounts.rs",
                "an_inquiry_pin_is_counted_and_belongs_to_its_company",
            ),
            rule(
                "link-pending",
                "/link/{flow}/accounts",
                "linkage/accounts.rs",
                "an_account_that_was_not_permitted_on_its_day_is_not_registered",
            ),
            rule(
                "link-contract",
                "/link/{flow}/accounts",
                "linkage/accounts.rs",
                "what_one_person_has_registered_another_one_can_permit",
            ),
            rule(
                "link-hidden",
                "/link/{flow}/accounts",
                "linkage/accounts.rs",
                "an_account_without_the_right_to_inquire_is_hidden_from_linkages_too",
            ),
            rule("link-mails", "/outbox", "linkage/pages.rs", "mails_go_to_the_right_people"),
            rule("link-end", "/linkages", "linkage/grants.rs", "whatever_ends_a_linkage_ends_its_tokens"),
            rule("link-days", "/linkages", "linkage/grants.rs", "a_linkage_is_over_with_its_last_day_in_japan"),
            rule(
                "link-password-ends",
                "/password",
                "browser/linkage.test.mjs",
                "another login password ends the linkage, and revoking it at the bank does",
            ),
            rule(
                "link-transfer",
                "/linkages",
                "linkage/requests.rs",
                "a_requested_transfer_is_booked_once_and_as_it_was_asked_for",
            ),
            rule(
                "link-transfer-time",
                "/linkages",
                "linkage/requests.rs",
                "a_request_is_over_with_its_time_or_its_linkage",
            ),
        ],
    ),
    (
        "desk",
        &[
            rule("desk-name", "/operator/events", "desk.rs", "nothing_is_done_without_a_reason_or_by_nobody"),
            rule("desk-confirm", "/operator/act", "desk.rs", "the_confirmation_names_company_person_and_consequence"),
            rule("desk-second", "/operator/pending", "desk.rs", "what_cannot_be_undone_waits_for_another_operator"),
            rule(
                "desk-decline",
                "/operator/pending",
                "desk.rs",
                "what_waits_is_declined_or_withdrawn_without_being_done",
            ),
            rule(
                "desk-records",
                "/operator/{contract}/{user}/records",
                "desk.rs",
                "records_of_earlier_activations_stay_within_reach",
            ),
            rule("desk-last", "/operator", "desk.rs", "the_last_administrator_stays_as_long_as_the_contract"),
            rule(
                "desk-chain",
                "/operator/events",
                "bank/people.rs",
                "what_the_bank_did_is_a_chain_and_whoever_touches_it_is_found_out",
            ),
            rule(
                "desk-old-books",
                "/operator",
                "old_books.rs",
                "books_of_earlier_versions_open_and_the_desk_works_on_them",
            ),
        ],
    ),
];

const fn rule(name: &'static str, page: &'static str, file: &'static str, test: &'static str) -> Rule {
    Rule { name, page, file, test }
}
