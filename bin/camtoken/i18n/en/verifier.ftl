### The verifier's side: issue, verify, enroll, demo. Keys as in verbs.ftl; ja/ has the same.

## Options that several verbs have alike

help-shared =
    .attempt = Name this attempt: a retry under the same name gets the same answer and is not counted twice
    .store = The verifier's store: a directory, or postgres://… without a password [CAMTOKEN_STORE]
    .accept_test_keys = Accept test tokens and a fixed clock [CAMTOKEN_ACCEPT_TEST_KEYS]
    .output = Where to draw the 2D code: PNG or SVG by the name, - is a PNG on standard output
    .ascii = Draw the 2D code on the terminal
    .contract = The contract number
    .user = The user ID within the contract, at most 10 columns
    .activation = The activation, 12 hexadecimal digits
    .key_file = The pre-shared key: 16, 24 or 32 bytes, or twice as many hexadecimal digits; a file of digits alone is read as digits
    .key_name = What the parties call the pre-shared key
    .mac_key_file = The key of the MACs, if both parties have agreed on one that is not in the file
    .passphrase_file = The passphrase; without it CAMTOKEN_PASSPHRASE, else a prompt

## issue

help-issue = Issue a challenge for a transaction and draw its 2D code
    .operation = The operation, such as transfer; see camtoken schema fields
    .field = A field of the operation; may be repeated
    .fields = A JSON file of fields; see camtoken schema fields
    .zengin = A batch file (bulk, payroll): count, total, date, largest payee, new payees, check code and digest come from it
    .known_payees = Payees that are not new, one a line: BANK-BRANCH-TYPE-ACCOUNT
    .date_window = Batch files: refuse a payment date that has passed, or is more than so many days after today in Japan
    .ttl = How long the challenge lives
    .long =
        Issue a challenge for a transaction and draw its 2D code.

        The new challenge supersedes the one before. Verify the response with the challenge's name:

          camtoken issue transfer --for 0123456789ab --field amount=1250000 … -o code.png
          camtoken verify CHALLENGE RESPONSE

        The paying account of a batch file is taken from its header, unless payingAccount is given.

issued-challenge = Challenge
issued-activation = Activation
issued-expires = Expires
issued-code = Code
issued-picture = Picture
issued-uri = URI

## verify

help-verify = Settle the response to a challenge, once
    .challenge = The challenge that issue named; with --time-based the activation
    .response = What the token shows; - reads it from standard input
    .time_based = Settle a password of a customer's generator, by the time or by a counter, or a card's response to its question
    .long =
        Settle the response to a challenge, once.

        Exit 0 when it is accepted, 6 when not; the reason is in the answer. Blanks, full-width
        digits and a hyphen in a response are accepted. Execute the
        transaction that is printed: it is the one that the token has shown.

        After exit 1 the outcome is unknown: retry with the same --attempt.

verdict-accepted = Accepted.
verdict-wrong = Wrong response. { $left } tries are left.
verdict-device-code = Wrong device code. { $left } tries are left.
verdict-device-code-one-left = Wrong device code. One try is left.
verdict-device-code-last = Wrong device code, and no try is left: begin again with camtoken enroll start.
verdict-wrong-one-left = Wrong response. One try is left.
verdict-wrong-last = Wrong response, and no try is left: a new code is needed.
verdict-wrong-suspended = Wrong response. The activation is suspended now; it has to be resumed.
verdict-exhausted = Refused: the challenge took too many wrong responses. A new code is needed.
verdict-expired = Refused: the time is over. A new code is needed.
verdict-used = Refused: it was answered before. A response is good once.
verdict-superseded = Refused: a newer challenge has superseded this one.
verdict-suspended = Refused: the activation is suspended; it has to be resumed.
verdict-revoked = Refused: the activation is revoked.
verdict-not-activated = Refused: the registration is not at this step. camtoken enroll status shows the step.
verdict-key-early = Refused: the key of the token or generator is not valid yet.
verdict-key-expired = Refused: the key of the token or generator is not valid any more.
verdict-resync = Refused: the store was restored; resynchronise the generator by two consecutive passwords first (camtoken enroll resync).
verdict-malformed = Refused: expected { $digits } digits. It is not counted.
verdict-unknown = Refused: there is no such challenge.

## enroll

help-enroll = Manage the verifier's records: tokens, registrations, revocation
    .long =
        Manage the verifier's records: tokens, registrations, revocation.

        A registration takes two codes:

          camtoken enroll import token.pskcxml
          camtoken enroll start --token KKK0000001 --contract 1234567890 --user TANAKA -o code1.png
          camtoken enroll second ACTIVATION DEVICE-CODE -o code2.png
          camtoken enroll confirm ACTIVATION RESPONSE

help-enroll-import = Register the tokens and generators of a maker's file
    .file = A PSKC file (RFC 6030), or an exported test token
    .device_keys = Import packages that name an OCRASuite as device keys; without it they count as keys of cards and are skipped
    .long =
        Register the tokens and generators of a maker's file.

        A device key is a key package of RFC 6030 with the algorithm OCRA and at least 16 bytes, which may be used for
        challenge and response; the serial number of its device is the token ID. A generator is one with the algorithm HOTP
        or TOTP. Other packages, and those that cannot be read, are named and skipped. The dates of key and device are
        kept: outside of them nothing is registered, issued or accepted. A second import changes nothing but these dates.

        Each value of a protected file has a MAC of its own. A package whose MAC does not fit is skipped, and the exit is
        7: find out how the file came here. No MAC covers serial numbers, dates, or the list of packages.

        An exported test token (*.camtoken.json) is imported with --accept-test-keys only.

help-enroll-export = Export the keys of tokens and generators, to hand them to another verifier
    .output = The PSKC file (RFC 6030) to write
    .compatible = Write algorithms that every server reads: AES-128-CBC, HMAC-SHA1, PBKDF2 with HMAC-SHA1
    .generators = Generators alone: other servers do not use the device key of a camera token
    .long =
        Export the keys of tokens and generators, to hand them to another verifier.

        The data of the maker's file is written again: manufacturer, model, dates, policy. For a generator the file has the
        present counter or time step.

        The file is always protected, by a pre-shared key or a passphrase; a person who opens it can read the codes of every
        registration that follows. Test tokens and revoked tokens stay. For a list without secrets: camtoken enroll status.

help-enroll-start = Begin a registration: make the first code
    .token = The token ID, as printed on the token

help-enroll-second = Take the device code that the token shows, make the second code
    .device_code = The 12 digits; - reads them from standard input

help-enroll-confirm = Take the response to the second code; the activation signs from then on
    .response = What the token shows; - reads it from standard input

help-enroll-status = Show tokens, generators and activations, their states, failures and open challenges
    .id = One activation, or one token or generator with its activations

help-enroll-reset = Give up a registration that never signed

help-enroll-revoke = Revoke an activation, or a token with all its activations, for good
    .id = The activation, or the token ID

help-enroll-suspend = Suspend an activation: nothing is issued to it or accepted from it until it is resumed

help-enroll-resume = Resume a suspended activation

help-enroll-audit = Show what happened to an activation, and check that nothing is missing from it
    .long =
        Show what happened to an activation, and check that nothing is missing from it.

        Each entry has the hash of the entry before, and the record has the hash of the last one. Exit 7 when an entry was
        changed, removed or added; then none is shown.

help-enroll-generator = Give a generator that came from its maker to a customer without a camera token
    .generator = The serial number, as printed on the generator
    .long =
        Give a generator that came from its maker to a customer without a camera token.

        Its passwords are settled by camtoken verify --time-based ACTIVATION PASSWORD, for time-based and event-based
        generators. They are accepted once, and never as the response to a challenge. A card is put a question first
        (camtoken enroll question). A generator whose activation is revoked may be given to another customer.

help-enroll-question = Put a question to a customer's card
    .ttl = How long the question may be answered
    .long =
        Put a question to a customer's card (OCRA, RFC 6287).

        The customer types the digits into the card and reads its response, which camtoken verify --card ACTIVATION
        RESPONSE settles, once. A newer question supersedes it. A card shows no transaction: its response says who answers,
        and nothing about what is done.

enroll-question = Question

help-enroll-resync = Resynchronise a generator by two consecutive passwords
    .first = What the generator showed; - reads it from standard input
    .next = What it showed next
    .counter = A value that the counter has reached at least, if the bank knows one
    .long =
        Resynchronise a generator by two consecutive passwords (RFC 4226, section 7.4).

        An event-based generator is found up to a thousand presses ahead, a time-based one up to sixty steps ahead or twenty
        behind. Both passwords count as used; wrong ones count as a wrong password does. For a card with a counter, put a
        question to it first; the customer answers it twice.

        After the store was restored, an event-based generator is accepted only after this. Let the customer press the button
        there and then: passwords that were used since the backup would be accepted, too. --counter VALUE refuses those before
        that value.

help-enroll-time-based = Give a customer without a camera token a time-based generator; its secret is shown once

enroll-passphrase = Passphrase of the key file
enroll-skipped = skipped: { $name } ({ $why })
enroll-after-first = Scan the code with the token, then: camtoken enroll second { $activation } DEVICE-CODE
enroll-after-second = Scan the code with the token, then: camtoken enroll confirm { $activation } RESPONSE
enroll-secret-once = The URI holds the secret. It is not shown again.

audit-whole = Nothing is missing.
audit-broken = This history was altered

activation-firstCode = waits for the device code
activation-secondCode = waits for the confirmation
activation-active = active
activation-suspended = suspended
activation-revoked = revoked
activation-reset = given up

books-empty = There are no tokens, generators or activations.
books-free = no user
books-no-token = (time-based)
books-token = Token
books-activation = Activation
books-state = State
books-contract = Contract
books-user = User
books-failures = Failures
books-challenge = Open challenge
books-validity = Valid

## demo

help-demo = Tell the whole story on real pictures: registration, a transfer, one acceptance, four refusals
    .out = The directory for the pictures; it is replaced each time
    .long =
        Tell the whole story on real pictures: registration, a transfer, one acceptance, four refusals.

        A verifier on an embedded store and a token play both ends. Every picture is written as PNG and read back from its
        file. Each step is checked; exit 0 only if all went as they must. An older demonstration in the directory is
        replaced.

demo-books = The bank registers test token { $token }.
demo-code1 = First code, drawn and read back from the picture: the token answers with a device code, { $digits }.
demo-code2 = Second code, for that device code alone: the token answers { $digits }, the bank confirms. Registered.
demo-issue = The bank issues a challenge for a transfer.
demo-show = The token reads the picture and shows the transfer. Approved, it answers { $digits }:
demo-verify = ACCEPTED. The bank executes the transfer that the token has shown.
demo-again = REFUSED: the same response again. A response is good once.
demo-altered = REFUSED by the token: a picture in which one bit was altered. It shows no transfer but: { $says }.
demo-other = REFUSED by another token, which reads the picture: { $says }.
demo-expired = REFUSED: the right response, three minutes later. The challenge has expired.
demo-end = All steps ended as expected. Pictures and the token's screens are in { $dir }.
    Next: camtoken ui, or a test of your own: clients/playwright/README.md

## store

help-store = Maintain the verifier's store: check, compact, back up, restore
    .long =
        Maintain the verifier's store: check, compact, back up, restore.

          camtoken store backup -o records.backup
          camtoken store restore records.backup --store DIR
          camtoken store check --store DIR

        While a service has the store open, only the service can back it up: GET /v1/backup.

help-store-check = Read every record, its history and its key, and say what is wrong
    .long =
        Read every record, its history and its key, and say what is wrong.

        Exit 7 when something is wrong: a record or an audit entry that was altered, a key that does not open, an activation
        that its token does not list or that goes on although its token is revoked.

help-store-compact = Free the space of data that later changes have made useless

help-store-backup = Write all records and their histories into one file
    .output = The file to write, mode 0600; - is standard output
    .long =
        Write all records and their histories into one file.

        Keys in it are encrypted under the key-encryption key, which is not in it: keep that one elsewhere. Signed
        transactions are not encrypted. The file ends with a hash of the whole file.

help-store-restore = Make a store from a backup, without what was open in it
    .file = The backup; - reads standard input
    .end_damaged = End damaged records, as camtoken store end-damaged does, instead of refusing the backup
    .keys_lost = There is no other key-encryption key: end also records that name one
    .long =
        Make a store from a backup, without what was open in it.

        Open challenges may have been answered since the backup. So they count as superseded, registrations between
        their codes as given up, and time-based passwords of before now as used. The backup does not have revocations,
        suspensions and wrong responses of later: repeat them before a verifier serves. Then check the store
        (camtoken store check): of a token that was revoked just as the backup was taken, an activation may go on; revoke
        the token once more.

        The directory must have no store yet. Until the whole backup is read, there is none.

help-store-void = End what is open, in a store that was restored by other means
    .long =
        End what is open, in a store that was restored by other means, such as a copy of its directory. Do it before
        a challenge is issued. A copy opens after that (CT-E038). camtoken store restore does it by itself.

help-store-repair = Open a store again that has lost changes, or was moved
    .accept_loss = Go on without the lost changes; end what is open (CT-E037)
    .moved = This is the original, moved to another file system, and no copy (CT-E038)
    .long =
        Open a store again that has lost changes, or was moved.

        With --accept-loss the store goes on as it was at a moment of the past. What was open then may have been answered
        since, so it is ended, as camtoken store void does, and the audit of each activation says so. Repeat the
        revocations and suspensions among the lost changes. A newer backup is the better choice.

        With --moved only the place that the store remembers is changed. For a copy this is wrong: a response that
        was used in the original could be used again. Use camtoken store void for a copy.

help-store-clock = Compare the clock with the store, and repair what a wrong clock has left
    .confirm = The clock is right: compare with it from now on
    .set_back = Set back the activations that are ahead of the clock
    .long =
        Compare the clock with the store, and repair what a wrong clock has left.

        A verifier decides nothing while the clock is more than five minutes ahead of the time that has passed (CT-E040). Set
        it right; if it is right, say so with --confirm.

        An activation that was changed while the clock was ahead is refused until that time has come (CT-E016). --set-back
        sets all of them to now: what is open in them is ended, nothing that was accepted is accepted again, and each change
        is in its audit. Customers whose generator was used meanwhile need a new one; they are listed.

        Exit 7 when something is left to do.

help-store-rewrap = Wrap every key under the newest key-encryption key
    .long =
        Wrap every key under the newest key-encryption key.

        Write the new key first into the file of key-encryption keys (kek_file, CAMTOKEN_KEK), and the old ones below it.
        When this has ended, the old ones may be removed: the files of a directory are rewritten, and none of them has a key
        that is wrapped under an old one. Older copies and backups still have such keys.

help-store-seal-records = Give every record its seal, in a store of an older version
    .long =
        Give every record its seal, in a store of an older version.

        A seal is a MAC under a key that comes from the key-encryption key. An attacker who can write to the store, and does not
        have that key, cannot alter a record or put it in the place of another. New stores are sealed from the start. Once all records have
        one, a record without is refused (CT-E136). Verifiers of an older version cannot use the store any more: end them before.

        Challenges are issued and answered meanwhile, by verifiers on the same database. When it is interrupted, run it again.

          camtoken store seal-records

        Exit 7 when a record is refused. If you know that it is right as it is, accept it; what is open in it is ended:

          camtoken store seal-records --accept activation:6aae9e4192c3
    .accept = Accept this record as it is, whatever its seal says

help-store-end-damaged = End records that cannot be read, or whose keys do not open
    .records = The records, as camtoken store check names them
    .keys_lost = There is no other key-encryption key: end also records that name one
    .long =
        End records that cannot be read, or whose keys do not open.

        An activation or a token is revoked, and a token's activations with it. A generator is given to nobody again. Nothing else
        is lost: register the customer again, with another token if it was the token's record. Sound records are left alone
        (CT-E039). The audit of the record has an entry of it. A record that names a key-encryption key that was not given is
        not damaged: give that key, too (CT-E017). Only if it is lost for good: --keys-lost.

          camtoken store check
          camtoken store end-damaged activation:6aae9e4192c3

help-store-kek = Manage the key-encryption keys that a module opens
    .long =
        Manage the key-encryption keys that a module opens.

        With the setting kek_source the key-encryption key is not in a file that can be read, but wrapped in verifier/kek.wrapped
        in the state directory. A PKCS#11 module (HSM, smart card) or a Transit engine (OpenBao, Vault) opens it at each start.

          kek_source = "pkcs11:token=bank;object=kek?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin"
          kek_source = "transit:https://bao.example:8200/v1/transit/keys/kek?token-file=/run/bao-token"

        The others are file:PATH, env:NAME and systemd-creds:NAME.

help-store-kek-status = Say where the key-encryption keys are, whether they open, and whether they are the store's
    .long =
        Say where the key-encryption keys are, whether they open, and whether they are the store's.

        Exit 7 when they do not open or are another store's. A store that a service has open is not read: the service has
        compared the keys at its start.

help-store-kek-new = Make the file of wrapped keys with a new key
    .from = The present keys of the store, file:PATH for example: they are wrapped, too, below the new one
    .long =
        Make the file of wrapped keys with a new key.

        For an existing store, --from names its present keys. They are compared with the store, then wrapped below
        the new one. End the service before. Then run camtoken store rewrap, and destroy the old file.

          camtoken store kek new --from file:/var/lib/camtoken/verifier/kek

        A new store needs no such verb: the first start makes the file.

help-store-kek-rotate = Put a new key first, and keep the old ones below it
    .second = Put the new key second: every verifier opens what is wrapped under it, and none wraps under it yet
    .promote = Put the second key first
    .long =
        Put a new key first, and keep the old ones below it.

        Give the file to every verifier and start them again, then run camtoken store rewrap. After that the old keys may be
        removed from the file.

        Verifiers on one database, one after the other, while the others serve:

          camtoken store kek rotate --second     give the file to each, and restart each
          camtoken store kek rotate --promote    give the file to each, and restart each
          camtoken store rewrap

help-store-kek-rewrap = Wrap the same keys under the newest version of the module's key
    .long =
        Wrap the same keys under the newest version of the module's key, or under the key that kek_source names now. The old key
        of the module must still be there. No service needs to stop.

help-store-migrate = Make the tables in a database, or bring them to this version
    .long =
        Make the tables in a database, or bring them to this version.

        It needs a role that may create tables; a verifier needs less, and never does it by itself. First end the verifiers of
        the older version. With the first tables the key-encryption key is generated, unless there is one.

          CAMTOKEN_STORE=postgres://bank@db.example/camtoken camtoken store migrate

        A URL with a password comes from CAMTOKEN_STORE or a configuration file, never from an argument. The connection
        is under TLS, and the server's certificate is checked (sslrootcert), unless the server is on this machine.

clock-now = The clock says { $now }.
clock-confirmed = It is confirmed.
clock-ahead = It is { $count } s ahead of the time that has passed since the store was last used. Set it right, or confirm it with --confirm.
clock-set-back = { $count } activations were set back, by up to { $most } s. What was open in them is ended.
clock-records-well = No activation is ahead of the clock.
clock-records-ahead = { $count } activations are ahead of the clock, by up to { $most } s. Set them back with --set-back.
clock-generators = { $count } customers need a new time-based generator:

kek-source = source
kek-file = file
kek-under = wrapped under
kek-keys = keys
kek-opens = opens
kek-fits = fits the store
kek-yes = yes
kek-no = no
kek-not-asked = not asked
kek-made = { $keys } keys are wrapped in { $file }. camtoken store rewrap puts the store's keys under the first.
kek-rotated = A new key is the first of { $keys } in { $file }. Start every verifier again with it, then: camtoken store rewrap.
kek-second = A new key is the second of { $keys } in { $file }. Start every verifier again with it, then: camtoken store kek rotate --promote.
kek-promoted = The second key is the first of { $keys } in { $file } now. Start every verifier again with it, then: camtoken store rewrap.
kek-rewrapped = { $keys } keys in { $file } are wrapped under the newest key of the module.
help-audit = Compare the audit of the whole store with what was signed before
    .long =
        Each record has its audit chain, whose end is in the record. An anchor says where all chains ended at a moment, with a
        signature. Kept in another place, it shows later what was removed, shortened or replaced since, even by an attacker who
        has the key-encryption key.

          camtoken audit anchor --dir /mnt/outside
          camtoken audit verify --anchor FILE.anchor --public-key KEY

        The history of one activation: camtoken enroll audit.

help-audit-anchor = Write a signed anchor of all audit chains
    .dir = Write it into this directory
    .key = The key that signs, made the first time [default: verifier/anchor.key in the state directory]
    .long =
        Write a signed anchor of all audit chains: a note of some 400 bytes (.anchor), and a line for each chain (.chains).

        The first time makes the key that signs, mode 0600. Note the public key that is printed, elsewhere than on this machine:
        an attacker who can read the key that signs can sign as well. Copy the files to a place where no writer of the store can
        write.

        While a service has the store open, only the service can do it: camtoken serve --anchor-dir DIR --anchor-every 1h.

help-audit-verify = Read every audit chain, and compare it with an anchor
    .anchor = The anchor; the .chains of the same name must be beside it
    .public_key = The public key that camtoken audit anchor has printed
    .long =
        Read every audit chain, and compare it with an anchor: records that are missing, chains that are shorter than they were,
        entries that were replaced. Chains that have grown since are in order.

        Without an anchor only the chains are read, entry by entry. Exit 7 when one is not as it must be. After a backup was
        restored, the entries that it does not have are reported, too.

anchor-written = { $chains } chains with { $entries } entries: { $anchor }, { $file }
anchor-key = Public key:
anchor-key-made = A new key signs. Note its public key, elsewhere than on this machine:
chains-well = { $chains } chains with { $entries } entries are whole; { $anchored } were compared with the anchor.
store-held = Activations: { $activations }. Tokens: { $tokens }. Audit entries: { $entries }.
store-well = Nothing is wrong.
store-found = { $count } of them are not as they must be.
store-compacted = { $before } MB before, { $after } MB now.
store-saved = { $records } records saved.
store-saved-damaged = { $records } records saved. The damaged ones above would be refused by a restoration: end them (camtoken store end-damaged), and save again.
store-ended = { $records } damaged records ended.
store-restored = { $records } records restored; { $voided } of them had something open, which is ended.
store-voided = { $voided } activations had something open, which is ended.
store-repaired = The store is open again. { $voided } activations had something open, which is ended.
store-moved = The store is open again at its new place.
seals-whole = { $sealed } records sealed, { $accepted } accepted as they are. Every record has its seal.
seals-refused = { $refused } records are refused. Until they are repaired, records without a seal are still read.
store-rewrapped = { $records } keys re-wrapped.
migration-new = Tables of version { $to } were made.
migration-none = The tables are of version { $to } already.
migration-done = The tables were brought from version { $from } to { $to }.
