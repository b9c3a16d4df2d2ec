### Errors. The value says what happened, .hint what to do next, .long what `camtoken explain` prints.
### The value speaks of no particulars: those come as the reason. Common reasons are the messages why-…, at the end; what a library or
### the system says stays as it is.

ct-e010 = a file could not be read
    .hint = check the name and the permissions of the file; - reads standard input
    .long =
        A file that you named, or standard input, could not be read. The line "why" has the name and what the
        operating system said.

        Try: check the spelling and that you may read the file (ls -l). A picture may come from standard input: give -
        as its name.

ct-e011 = something could not be written
    .hint = check the free space and the permissions of the directory
    .long =
        A file, or standard output, could not be written: no space is left, the directory does not exist, or you may not
        write there. camtoken replaces a file whole or not at all, so the old one is still there.

        Try: df -h, ls -ld on the directory, another --state-dir or another target.

ct-e012 = the state directory cannot be used
    .hint = run camtoken doctor, or name another directory with --state-dir DIR
    .long =
        Tokens and records are in one directory, by default camtoken under $XDG_STATE_HOME or ~/.local/state. It could
        not be created, read or written, or this account has no home directory.

        Try: camtoken doctor says which of these it is. --state-dir DIR or CAMTOKEN_STATE_DIR names another place.
        Never share the directory between accounts: its files are for their owner only.

ct-e013 = the verifier's store is in use by another process
    .hint = end the other process, or let the command wait longer with the setting store_wait (CAMTOKEN_STORE_WAIT=60s)
    .long =
        The embedded store belongs to one process at a time. Commands wait for each other for as long as the setting
        store_wait says; a service keeps the store for as long as it runs.

        Try: end the other process, use the service's HTTP interface instead, or give each process its own store.

ct-e014 = the verifier's store cannot be used
    .hint = see the reason; camtoken doctor checks the directory
    .long =
        The store could not be opened, read or written, or has content that is not valid. Nothing was decided.

        Likely: the directory belongs to another program or another version; the disk is full or failing; single files were
        copied back from a backup. A store that has lost changes that it had acknowledged does not open, because a used
        response would be open again.

        Try: the line "why". Restore a whole backup, never single files. Afterwards treat every open challenge as answered.

ct-e015 = it is not known whether the change was stored
    .hint = retry with the same --attempt: the answer then says what was decided
    .long =
        The disk or the database did not confirm the change. A response may have been accepted or not.

        Try: the same command again; for verify, with the same --attempt. Never execute a transaction on a guess.

ct-e016 = the clock is behind the latest time in the verifier's records
    .hint = set the clock of this machine right; if it is right, it was ahead before: camtoken store clock --set-back
    .long =
        By this clock, a record of the store was last changed more than five seconds in the future. A verifier does not decide
        by such a clock: a challenge that has expired could become valid again.

        Likely: the clock was set back, or it was ahead when the record was changed and is right again; or --at or CAMTOKEN_NOW
        fixed an earlier moment, or a later one before.

        Try: set the clock right. If it is right, camtoken store clock counts the records that are ahead, and --set-back
        repairs them.

ct-e040 = the clock is ahead of the time that has passed
    .hint = set the clock of this machine right; if it is right: camtoken store clock --confirm
    .long =
        Since the store was last used, the clock has moved on by over five minutes more than the machine's uptime has. After a
        restart of the machine the limit is 45 days. A verifier decides nothing by such a clock: every activation that it
        changes would be refused once the clock is right again.

        Likely: a wrong answer of a time server, a virtual machine that was stopped for long, an empty battery.

        Try: compare the clock with another one. Set it right, or confirm it: camtoken store clock --confirm.

ct-e017 = the verifier's keys cannot be opened
    .hint = give the key that the store was made with: setting kek_source or kek_file, or CAMTOKEN_KEK
    .long =
        Keys in the store are encrypted under a key-encryption key. It is kept elsewhere: in the file of the setting
        kek_file (by default verifier/kek in the state directory) or in the variable CAMTOKEN_KEK, as 64 hexadecimal digits.
        With kek_source it is in another place, or wrapped in verifier/kek.wrapped and opened by a module. It is missing, is not
        a key, or is not the one that the store was made with. It is generated once, before there is a store.

        Try: restore the file from its backup. To change the key, write the new one in the first line and keep the old
        one below it.

ct-e018 = a step of the demonstration had a wrong result
    .hint = please report it with the step that the reason names
    .long =
        camtoken demo checks each of its steps. One of them had another result than it must have.

        Try: camtoken doctor, free space in the directory, the newest version.

ct-e019 = an internal error
    .hint = please report it with the command and the lines above; leave out keys and transactions
    .long =
        This is a fault of camtoken: it is in a state that its authors believed impossible. Nothing was decided. A response
        that was being verified counts only if the verifier says so when the request is retried.

        Try: the newest version. Report it with the command line, the lines printed before the error and the output of
        camtoken doctor. Do not send keys, PINs or transactions.

ct-e020 = the command line was not understood
    .hint =
        { $case ->
            [blank] write the digits without the blank, or in quotes
           *[other] usage: { $usage }
        }
    .long =
        A verb, an option or a value is unknown, or one is missing. The line "why" says which.

        Try: camtoken VERB --help. A value that starts with a hyphen goes behind --, or is written --option=value.
        Secrets are never arguments: they come from a file, standard input, a variable or a prompt.

ct-e021 = a configuration file cannot be used
    .hint = correct what the reason shows; camtoken config --help says how the settings are found
    .long =
        A file camtoken.toml or config.toml, or the one that --config names, cannot be read, is not TOML, has a key that is no
        setting, or a value that its setting does not accept. Unknown keys are refused: a misspelt limit that is ignored in
        silence limits nothing.

        Settings: lang, color, state_dir, store, store_connections (1..200),
        store_durability (disk, standby, vouched), token, bank, store_wait (0s..600s), accept_test_keys, kek_source,
        kek_file, challenge_lifetime (1s..600s), response_digits (6..10), max_attempts (1..10), max_failures (1..10). Relative paths start at the file.

        Try: correct the line that is shown. camtoken doctor and camtoken explain run even with a broken configuration.

ct-e022 = a variable has a value that its setting does not accept
    .hint = set { $name } to { $expected }, or unset it
    .long =
        A variable CAMTOKEN_… stands for a setting, and its value is not one that the setting accepts. An empty variable
        counts as unset.

        Try: env | grep CAMTOKEN_ shows the variables, camtoken doctor what is wrong with them.

ct-e023 = an answer is needed, and there is no terminal for the question
    .hint = add { $flag }
    .long =
        A secret or a decision is missing. On a terminal camtoken would ask. In a pipe, a job or a container the question
        would not be seen, so camtoken stops instead of waiting.

        Try: the option of the hint. Options that end in -file read a secret from a file, - stands for standard input.

ct-e024 = there is no such code
    .hint = codes are CT-E…, and T01 to T14 of the token; camtoken explain lists all
    .long =
        camtoken explain knows the codes of camtoken's errors, CT-E…, and those of the token, T01 to T14.

        Try: camtoken explain without a code prints the list.

ct-e025 = there is no such name
    .hint = known names: { $names }
    .long =
        No setting, document or other thing has this name. The hint lists the names that exist.

ct-e026 = a fixed clock is for test keys only
    .hint = remove --at and CAMTOKEN_NOW, or add --accept-test-keys
    .long =
        --at and CAMTOKEN_NOW fix the moment that a verifier decides by. For real keys that would be dangerous: a later
        moment would stay in the records, and the true one would be refused afterwards.

        Try: a store of its own for tests, with accept_test_keys = true in its camtoken.toml.

ct-e027 = this build does not support this kind of store
    .hint = set store to a directory, or use a build with the feature postgres for postgres://…, etcd for etcd://…
    .long =
        The setting store is a URL. A build with the cargo feature postgres supports those of PostgreSQL, one with etcd those
        of etcd. This build does not have the feature, or the URL is of another kind.

        Try: camtoken config store shows where the setting comes from.

ct-e028 = there is no store
    .hint = set --store to the directory of a store, or create one: camtoken enroll import
    .long =
        The directory has no store, so there is nothing to maintain. The verbs that maintain a store do not create one.

        Try: camtoken config store shows which directory is meant.

ct-e029 = there is a store already
    .hint = restore into another directory, or move the store away first
    .long =
        A backup is restored only into a directory without a store, so that no record is overwritten.

        Try: camtoken store restore FILE --store NEW-DIRECTORY, check it, then point store at it.

ct-e030 = the backup cannot be used
    .hint = use another backup; nothing was restored
    .long =
        The file is no backup, was made by another version, was cut off, or was altered. Its last bytes are a hash of the
        whole file. If that does not fit, nothing is restored.

ct-e032 = the database may lose what it acknowledges
    .hint = change the server's setting that the reason names, or let the server's operator change it
    .long =
        A verifier gives its verdict when the server has said "stored". If the server can lose that again, by a power cut or
        by a failover, a response that was used is open once more. So the settings of the server are checked on each
        connection, and nothing is decided while one of them is unsafe: fsync, full_page_writes, data_checksums (on),
        synchronous_commit (on or remote_apply), the server is no standby; with store_durability = standby also that
        there is a synchronous standby (synchronous_standby_names).

        Try: docs/POSTGRES.md has each setting. store_durability = vouched is for engines that have no such settings and
        replicate by themselves. Then the operator is responsible for durability.

ct-e033 = the store is of another version
    .hint = for a database: camtoken store migrate; for a directory: use the version of camtoken that made it
    .long =
        The tables of the database, or the files of the directory, were made by another version of camtoken, or there are
        no tables yet. A verifier never changes them by itself.

        Try: with a database, camtoken store migrate with a role that may create tables; end the verifiers of the older
        version first. A store of a later version is opened by that version only.

ct-e034 = there is a password on the command line
    .hint = write the URL into CAMTOKEN_STORE or a configuration file, or remove the password from it
    .long =
        Every user of a machine can read its command lines. --store accepts a URL without a password; one with a password
        comes from the variable CAMTOKEN_STORE or from the setting store of a configuration file that only its owner can
        read.

        Try: a server that knows the user by certificate (sslcert, sslkey) or on its own machine (peer) needs no password.

ct-e035 = this store needs no migration
    .hint = set store to the URL of a database
    .long =
        camtoken store migrate creates and changes the tables of a database. A directory is created when it is first used.

        Try: camtoken config store shows which store is meant.

ct-e036 = a database frees its space by itself
    .hint = leave it to the server (autovacuum), or set store to a directory
    .long =
        camtoken store compact rewrites the files of a directory. The tables of a database are maintained by its server.

ct-e050 = the key-encryption key is not the one of this store
    .hint = name the key of this store (setting kek_source or kek_file, or CAMTOKEN_KEK), or the store of this key
    .long =
        The store holds a key-check value: a constant, encrypted under the store's key-encryption key when that was first
        used. The key that was given does not open it. Nothing was read or written: new keys would be encrypted under a key
        that the next start does not have.

        Try: compare the settings with those of the other machines and of the last start (camtoken config). To change
        the key, write the new one in the first line of the file and keep the old one below it, then run camtoken store rewrap.
        If keys were stored under two keys by an older version, give both the same way.

ct-e051 = others may read or write a file with a secret
    .hint = chmod 600 { $file }; it must belong to the user that runs camtoken, or to root
    .long =
        A file with a key-encryption key, an API key or a private key of TLS must belong to the user that runs camtoken, and
        no other user may read or write it (mode 0600 or 0400). If it belongs to root, a group may read it (0640). PostgreSQL and
        ssh have the same rules. "why" names the file, and its mode or its owner.

        Try: chmod 600 FILE, chown USER FILE. If others could read the key, generate a new one.

ct-e052 = a settings file that was found in a folder above is not used
    .hint = name it (--config { $file }), or put the settings into your own file (~/.config/camtoken/config.toml)
    .long =
        camtoken reads a camtoken.toml in the working directory or a folder above it. Another user might have put it there. So it is
        read only if it and its folders belong to this user or to root and no other user may write to them. Where a verifier
        is used (serve, enroll, issue, verify, store), it may not set state_dir, store, store_connections, store_durability,
        accept_test_keys, kek_source, kek_file, challenge_lifetime, response_digits, max_attempts and max_failures. "why" names the file
        with its mode or owner, or with the settings.

        Try: --config FILE or CAMTOKEN_CONFIG if the file is yours. Flags, variables and your own settings file are used.

settings-ignored = warning: settings file not read: { $why } (camtoken explain CT-E052)

ct-e037 = the store may have lost changes that it had acknowledged
    .hint = restore the newest backup, or run camtoken store repair --accept-loss
    .long =
        The store's files have fewer changes than the store has acknowledged, or the file that counts them (acknowledged) is
        missing or damaged, so that this is not known. A used response could be open again, so the store does not open.
        Nothing was changed.

        Likely: a failing disk, single files that were removed or restored, a disk that lost synced writes in a power cut.

        Try: keep a copy of the directory. Restore the newest backup into another directory (camtoken store restore); or
        camtoken store repair --accept-loss, which ends whatever is open and goes on with what is there. docs/OPERATIONS.md
        says how to choose.

ct-e038 = the store's files are a copy, or were moved
    .hint = for a copy: camtoken store void; for the original after a move: camtoken store repair --moved
    .long =
        The files are not where the store was last open: they have other inodes, or are on another device. A copy may be
        older than the original, and a response that was used since would be open again, so the store does not open.

        Likely: the directory was restored with tar, cp or rsync, or moved to another disk; the file system gives files other
        numbers each time it is mounted.

        Try: camtoken store void ends whatever is open, and the copy opens. If this is the original and there is no other
        that is used: camtoken store repair --moved.

ct-e039 = there is nothing to repair
    .hint = camtoken store check reads every record
    .long =
        The store opens: no lost change and no copy was found. Or it is in a database, whose server maintains its files.

ct-e136 = a record of the store was altered, or put in the place of another
    .hint = camtoken store check names the records; docs/OPERATIONS.md says how each is repaired
    .long =
        Each record has a seal: a MAC over its name, its revision and its bytes, under a key that comes from the key-encryption
        key. This one does not fit, or is missing. An attacker wrote to the store without that key, or the disk returns
        something else than was written. Nothing is decided about such a record.

        Likely: a row of the database was changed by hand, or an older row or file was restored; a verifier of an older
        version wrote to a sealed store.

        Try: camtoken store check. Restore the newest backup into another place (camtoken store restore). If you know that the
        record is right as it is: camtoken store seal-records --accept RECORD, which ends what is open in it. If it cannot be
        read, or its key does not open: camtoken store end-damaged RECORD, and register the customer again. For "a sealed
        record in a store that says it has none": camtoken store seal-records.

ct-e138 = the store belongs to another user of this machine
    .hint = run the command as the user of the service (uid { $owner }, not { $user })
    .long =
        A store in a directory is opened by its owner alone, also by root: files that another user writes into it could not be
        opened by the service.

        Likely: the command was run as root, and the service has a user of its own.

        Try: run it as the service's user, with its settings and its key; docs/OPERATIONS.md has the command for the Debian
        package. If files of another user are in it already: end the service, and chown -R the directory to its user.

ct-e137 = the anchor cannot be used
    .hint = compare the file with its copy in the other place, and the public key with the one that was noted
    .long =
        An anchor is a signed note (….anchor) and a file of the chains' ends beside it (….chains), whose hash is in the note.
        Either the note is none or was altered, it was signed with another key, or the chains are not those that were signed.
        Or the key that signs is not a valid one. The line "why" says which. Nothing was compared.

        Try: take both files from the place outside to which they were copied. The public key is what the first
        camtoken audit anchor has printed.

ct-e031 = no 2D code was found in the picture
    .hint =
        { $case ->
            [measured] change what the reason says; docs/QUALITY.md, "No code is found", has all causes
           *[other] include the whole code and its white margin; camtoken lint FILE measures why
        }
    .long =
        T01. The picture was read, but nothing in it looks like a 2D code.

        Likely: the code is cut off or has no white margin (four modules on each side); the picture is very dark, blurred
        or too small; the page had not drawn the code yet; it is another kind of code.

        Try: scan the whole screen rather than a part, hold the camera 10 to 20 cm away and straight, turn the brightness
        up, avoid reflections, wipe the lens. --overlay out.png shows where the reader looked.

ct-e041 = the code was found but could not be read
    .hint =
        { $case ->
            [measured] change what the reason says
            [enough] make the picture sharper: no scaling, no blur; camtoken lint FILE measures it
           *[small] show the code larger: at least 106 CSS px
        }
    .long =
        T02. The corners of a code were found, but too many of its modules are unclear for its error correction. The line
        "why" says how many pixels a module has: under 2 cannot be read, 3 and more is good.

        Likely: shown too small, or scaled by a factor that is not whole; photographed from too far or at a slant;
        reflections, moire, low contrast; strong JPEG compression.

        Try: zoom the page, move nearer, hold the camera straight, brighten the screen, turn off dark mode for the code.
        For a page of your own: whole pixels per module, image-rendering: pixelated, a margin of four modules.

ct-e042 = the file is not an image that can be read
    .hint = give a PNG, JPEG, WebP, BMP, GIF, TIFF, PNM, SVG or PDF of at most 110 megapixels and 64 MiB
    .long =
        The file was opened, but it is no image or video of a kind that is read, is damaged, or is too large. The line "why"
        says which. The content decides, not the name. A folder must have an image in it.

        Try: open the image in a viewer and save it as PNG; make a screenshot instead of a photo in another format.

ct-e043 = the token's file cannot be used
    .hint = restore the token with camtoken token import, or make a new one
    .long =
        A file of a token is damaged, was written by a later version, or has a token that is not for tests without a
        passphrase around it. It is left as it is.

        Try: the file in tokens/ of the state directory, or the one that you import, from a backup. A new token has to be
        activated again.

ct-e044 = another process is using the token
    .hint = wait until it has finished: a scan may be waiting for an answer in another window
    .long =
        One process at a time can use a token. This one waited two seconds.

        Try: look for a camtoken scan that waits for you. In tests that run side by side, give each its own token, or its
        own --state-dir.

ct-e045 = the passphrase is wrong
    .hint = give the passphrase that the token was made with
    .long =
        The token's file is encrypted, and this passphrase does not open it, or the file was altered. There is no other way
        to open it.

        Try: --passphrase-file FILE without a second line feed, or CAMTOKEN_PASSPHRASE. If it is lost: camtoken token rm,
        a new token, and an activation with the bank.

ct-e046 = it is not clear which token to use
    .hint =
        { $case ->
            [none] there is no token yet: camtoken token new NAME --test (scan --raw needs none)
            [file] for a file: camtoken token import FILE
           *[other] choose one with --token NAME: { $names }; or make one: camtoken token new NAME --test
        }
    .long =
        A token has to read the code. There is none, there are several, or none has the name that was given.

        Try: camtoken token list; then --token NAME, or token = "NAME" in camtoken.toml. camtoken scan --raw reads a code
        without a token.

ct-e047 = there is already a token of that name
    .hint = choose another name, or remove the old one with camtoken token rm
    .long =
        A new or imported token does not replace another one, whose activations would be lost.

        Try: another NAME, or import --name NAME.

ct-e048 = this build cannot do that
    .hint = it needs a build with the feature { $feature }: cargo install --path bin/camtoken --features { $feature }
    .long =
        Cameras, screens, the clipboard and the service need builds with the feature for it. Images and videos in files are
        read by every build. Cameras are read on Linux. On macOS and Windows they are read by code that has been
        compiled for these systems and not tried there.

        Try: camtoken doctor lists the features of this build. Save a screenshot and scan the file.

ct-e049 = the token waits for another answer
    .hint = see its question with camtoken token screen { $name }, answer it with camtoken token press { $name } left|right
    .long =
        The token asks whether the bank has confirmed a registration, and reads no code before that is answered. Or the
        command answers this question, and the token does not ask it.

        Try: camtoken token screen shows what it waits for. camtoken token activate NAME --keep yes|no answers.

ct-e053 = this is not a code for a camera token
    .hint = its text is no code for a token (CT1:…): camtoken scan --raw FILE prints it; scan the code that the bank shows
    .long =
        T03. The code was read, but it does not hold a challenge: it may be a link, a payment slip or a code of another
        system. The token shows nothing of it.

        Try: scan --raw prints what the code says. Several codes on one page: cut out the right one, or use --all.

ct-e054 = the code belongs to another bank or contract
    .hint = choose the token that is activated for this contract, or ask for a new code
    .long =
        T04. The code is a challenge, but for an activation that this token does not hold.

        Likely: another token of yours is meant; the activation was deleted; test and production were mixed up.

        Try: camtoken token list shows the tokens and their activations; --token NAME chooses one.

ct-e055 = the code's seal is wrong: do not go on
    .hint = ask for a new code on the bank's own page; if this happens again, call the bank
    .long =
        T05. The code names this token, but its seal does not open with the token's key: the code was altered, made for
        another token, or made without the key. Its content cannot be trusted, so nothing of it is shown.

        Likely in a test: verifier and token were activated against different stores, or one of them was reset since.

        Try: close the page, open the bank's page again, ask for a new code. Activate again after a reset.

ct-e056 = the token does not know the code's version or suite
    .hint = update camtoken on the side that is older
    .long =
        T06. The code was made by a newer version, or needs an OCRA suite that this token does not compute. The token refuses
        it and does not guess.

        Try: the same version on both ends. camtoken inspect shows version and suite without a key.

ct-e057 = the token does not know the operation of the code
    .hint = update camtoken on the token's side
    .long =
        T07. The seal is right, but the operation has no entry in the token's catalogue, or has fields that it does not
        have there. A token shows only what it understands whole: otherwise a person would approve what was not shown.

        Try: the same version on both ends.

ct-e058 = the token is not activated
    .hint = register a user first: camtoken enroll start, then camtoken token activate
    .long =
        T08. The token has no activation, so it has no key to open any code with.

        Try: a registration has two codes. The first starts it, and the token shows a device code; the second completes it.

ct-e059 = the activation of the token is incomplete
    .hint = scan the second activation code, or start again with camtoken enroll start
    .long =
        T09. The first activation code was scanned, the second was not, or was not confirmed on the token. Until then
        transactions cannot be signed.

        Try: camtoken enroll status on the verifier's side, then scan the second code; or reset and begin again.

ct-e060 = cancelled on the token
    .hint = nothing was signed; scan again to go on
    .long =
        T10. The transaction was shown. Then the left button was pressed, or the token switched itself off before an
        answer. No response was computed. The challenge stays open until it expires.

        If you cancelled because the transaction was not yours: do not scan again, call the bank.

ct-e061 = the token has no free slot
    .hint = delete an activation that is not used any more, on the token
    .long =
        T11. A token holds up to eight activations, and all are taken.

        Try: camtoken token show lists them; delete one on the token, or use another token.

ct-e062 = the code was already answered
    .hint = ask for a new code
    .long =
        T12. This token has answered this challenge before. A response is good once, so the token does not give it twice.

        Likely: an old picture, or a page that was not reloaded.

        Try: ask for a new code. If the first response did not arrive, the new code takes its place.

ct-e063 = the token's battery is empty
    .hint = change the batteries; in a test: camtoken token faults
    .long =
        T13. A device would have no power for the camera. The software token says this only if a test has set this fault.

        Try: camtoken token faults shows the faults that are set, and clears them.

ct-e064 = the token is locked
    .hint = give the right PIN; reset a token that has locked itself (camtoken token reset), then register it again
    .long =
        T14. The PIN is wrong. After five wrong ones in a row the token has locked itself, and waiting does not help.

        Try: a reset deletes the PIN and all activations; then register the token again. The bank cannot unlock it.

ct-e065 = the server of the account has refused the answer
    .hint = see the server's reason above; register the account again if it is blocked
    .long =
        The code was shown and approved, and the answer was sent. The server did not accept it. Often the PIN was wrong: a tiqr
        account does not know its PIN, so a wrong one gives wrong digits, and the server counts them.

        Try: scan the same code again with the right PIN (--account-pin-file).

ct-e066 = the code names a host that was not allowed
    .hint = allow it, if you trust it: --deliver-to { $host }
    .long =
        A code of another system names web addresses, and an attacker can make such a code. So camtoken sends only to the hosts
        that --deliver-to names, with their port where it is not the usual one. It follows no redirect. An answer may have 64 KiB
        and take ten seconds. A login can also be answered by hand: camtoken scan without --deliver-to prints the digits.

ct-e067 = several accounts could answer
    .hint = choose one: { $names }
    .long =
        More than one account on the token fits. camtoken token accounts lists them; --account USER chooses one for a scan.

ct-e068 = the account is already on the token
    .hint = remove it first, if the new one replaces it: camtoken token rm-account
    .long =
        An account is identified by its issuer and its user, and a token has each once. A picture never overwrites the old key.

ct-e069 = the account needs its PIN
    .hint = give it with --account-pin-file FILE
    .long =
        The PIN of an account is not that of the token. It hides the account's secret, or is a part of its answer (an OCRASuite
        with P). Where it hides a secret, it has 4 to 8 digits. CAMTOKEN_ACCOUNT_PIN or a prompt can give it, too.

ct-e070 = this operation cannot be issued
    .hint = operations: { $names }
    .long =
        The operation is not in the catalogue, or it belongs to a registration, whose codes camtoken enroll makes. An
        operation without an entry is refused by the verifier and shown by no token.

        Try: camtoken schema fields has every operation with its fields.

ct-e071 = the fields are not a valid transaction
    .hint = fields: { $names }
    .long =
        A field is unknown, missing or given twice, does not accept its value, or contradicts another. The line "why" names it.
        Its value is not repeated, because it may be an account number.

        Try: camtoken schema fields has every field with its form and length. Kana are counted half-width, a sound mark
        as one character: ｶﾞ is 2.

ct-e072 = the batch file cannot be used
    .hint = correct the record and field that the reason names
    .long =
        The file is not in the Zengin format (120 bytes a record), its trailer does not agree with its records, it is of
        another kind than the operation, or a line of --known-payees is no account. Or its date has passed, or is more than
        --date-window days ahead: a file has no year, so a file of yesterday would be paid next year. Content that a
        bank's host might read differently is refused.

        Kinds: 21 is bulk; 11 and 12 are payroll.

ct-e073 = the key file cannot be read
    .hint = see the reason; --key-file or --passphrase-file open a protected file
    .long =
        The file is no key container of RFC 6030 and no exported token, uses something that is not supported, or does not
        open: the key or the passphrase is wrong, or the file was altered. Nothing was imported.

        Try: --key-file for a pre-shared key, --passphrase-file for a passphrase.

ct-e074 = the file has no device key and no generator
    .hint = a device key is an OCRA key of at least 16 bytes with a serial number
    .long =
        The file was read, but none of its key packages is the device key of a camera token, or a generator. The lines "why"
        say for each what it is instead.

        A device key has the algorithm urn:ietf:params:xml:ns:keyprov:pskc:ocra, may be used for challenge and response,
        has at least 16 bytes, and its device's SerialNo is the token ID: 1 to 10 capital letters, digits or hyphens. One
        that names an OCRASuite is a card's, unless its KeyProfileId is camtoken-device-key or --device-keys says otherwise.

        A generator has the algorithm hotp or totp, may be used for one-time passwords, and shows 6 to 10 decimal digits.

ct-e075 = the token cannot show the contract number or the user ID
    .hint = a user ID has at most 10 columns, a contract number is ASCII
    .long =
        At registration the token shows the contract and the user. One of them has a character that a token cannot show, or is
        too long. Of the contract number the last four characters are shown.

ct-e076 = the device key is not safe to use
    .hint = ask the maker of the tokens: each token needs a random key of its own
    .long =
        All bytes of the device key are the same, such as zeros, or two tokens of one file have the same key. This is a mistake
        of the maker. One such token could answer for another, or an attacker for it. Nothing was stored.

ct-e077 = the token has no such account
    .hint = see camtoken token accounts; scan the 2D code that the service's sign-up page shows to make a new one
    .long =
        No account on the token has this name, or the code is for an account that was never registered here, or was removed.

        Try: camtoken token accounts lists them; an account is named by its user, its issuer, or issuer:user.

ct-e078 = the answer to the code could not be sent
    .hint = see the reason, and try again; for a login, the digits can also be typed
    .long =
        The server does not answer within ten seconds, answers with more than 64 KiB, or its certificate is not valid. A
        registration is then not kept, and the same login can be answered again.

ct-e081 = the verifier does not know this token
    .hint = import it: camtoken enroll import FILE
    .long =
        The verifier has no token with this ID.

        Try: camtoken enroll status lists the tokens; the ID is printed on the token.

ct-e082 = the verifier has this token with another key
    .hint = check the file; each token has an ID of its own
    .long =
        The verifier has a token with this ID, and its device key is not the one of the file. It is not replaced: an attacker
        who could replace it could take over registrations.

        Likely: two test tokens of one name. Try: another ID, or another store.

ct-e083 = the token is revoked
    .hint = use another token: a revoked ID is never usable again
    .long =
        The token was revoked, which is final. Its activations are revoked with it.

ct-e084 = this verifier does not accept test tokens
    .hint = for tests: --accept-test-keys, or accept_test_keys = true in camtoken.toml
    .long =
        The key was made for tests. It is in clear in a file, so any reader of the file could answer. A verifier accepts it
        only if it is configured to. camtoken enroll export leaves test tokens out, because the other side would not know that they are some.

ct-e085 = the token has no free slot at the verifier
    .hint = revoke an activation that is not used any more
    .long =
        A token has eight users at most. Registrations that were not finished count until they are reset.

        Try: camtoken enroll status TOKEN lists them; camtoken enroll reset or revoke frees a slot.

ct-e086 = the verifier does not know this activation
    .hint = camtoken enroll status lists the activations
    .long =
        The store has no activation with this ID, or one with another kind of one-time password: a time-based one answers no
        challenge.

        Try: camtoken config store shows which store is meant.

ct-e087 = the activation has signed before
    .hint = revoke it instead: camtoken enroll revoke
    .long =
        Only a registration that never gave a right response can be reset. One that has signed is evidence. Revoke it,
        and begin a new registration.

ct-e088 = the activation is revoked
    .hint = begin a new registration: camtoken enroll start
    .long =
        The activation was revoked, by itself or with its token. That is final.

ct-e089 = the activation is not suspended
    .hint = camtoken enroll status shows its state
    .long =
        Only a suspended activation can be resumed. This one may be active already, or revoked, or its registration is not
        finished.

ct-e090 = the activation is suspended
    .hint = check who the holder is, then resume it: camtoken enroll resume
    .long =
        Too many wrong responses in a row have suspended the activation. It gets no challenge until it is resumed, by an
        administrator for a user and by the bank for an administrator.

ct-e091 = the registration is not finished
    .hint = camtoken enroll status shows the next step
    .long =
        The activation signs only after its second code was confirmed. Codes of a registration expire; three wrong answers
        end it.

        Try: go on with camtoken enroll second or confirm; or reset it and start again.

ct-e092 = the key of the token or generator is outside its validity dates
    .hint = camtoken enroll status shows the dates; the maker's file with new dates changes them: camtoken enroll import
    .long =
        The maker's or issuer's file says from when until when the key, or the device, may be used (RFC 6030, sections 4.3.1
        and 5). It is too early, or too late: nothing is registered, issued or accepted.

        Try: another token; or import the maker's file with the new dates.

ct-e093 = the generator is registered with other values, or already has a user
    .hint = camtoken enroll status SERIAL shows its activation
    .long =
        A generator is given to one customer at a time, and its secret, its digits, its hash and its time step are never replaced. A
        device with two keys can be registered with one of them.

        Try: camtoken enroll revoke for the activation of its last user; check the serial number in the file.

ct-e094 = the verifier does not know this generator
    .hint = register it: camtoken enroll import FILE
    .long =
        The verifier has no generator with this serial number.

        Try: camtoken enroll status lists the generators; the serial number is printed on it.

ct-e121 = there is no such camera
    .hint = camtoken doctor lists the cameras; 0 is the first
    .long =
        The system has no camera of that number. Numbers begin at 0. Every USB camera has a second node, which is no camera.

        Try: camtoken doctor; plug the camera in again; in a virtual machine or a container, pass the device through.

ct-e122 = the camera is in use by another program
    .hint = close the other program (a call, a browser tab), or use another camera
    .long =
        A camera gives its frames to one program at a time.

        Try: on Linux, fuser -v /dev/video* shows which program has it. A browser releases it when the tab is closed.

ct-e123 = the camera was unplugged
    .hint = plug it in and start again
    .long =
        The camera was there and is no longer: the cable was pulled, the hub lost power, or the driver gave it up.

        Try: another cable or port; on Linux, dmesg shows what the system has logged.

ct-e124 = the camera has no format that is read
    .hint = use another camera; camtoken doctor lists the formats of each
    .long =
        MJPEG, YUYV, NV12, grey, RGB and BGR are read. This node offers none of them: it gives something else than
        images, or only compressed video such as H.264.

        Try: camtoken doctor; the number before or after, as a camera may have several nodes.

ct-e125 = the camera or the pipe gives no frames
    .hint = plug the camera in again; for a pipe, check the program that writes to it
    .long =
        The source is open, and has given nothing for five seconds.

        Likely: a camera that hangs, a USB hub that is too weak, a pipe whose writer waits for something.

ct-e126 = this account may not use the camera
    .hint =
        { $system ->
            [macos] allow the terminal in System Settings, Privacy & Security, Camera; then start it again
            [windows] allow desktop apps in Settings, Privacy & security, Camera
           *[other] add the account to the group video, then log in again
        }
    .long =
        On Linux the camera's node belongs to root and the group video, and the account is not in that group. On macOS the
        terminal or other program that started camtoken has no permission, or its question was not answered. On Windows
        the privacy settings keep desktop apps from the camera.

        Try: on Linux, ls -l /dev/video0; sudo usermod -aG video "$USER", then log in again.

ct-e127 = the camera's driver has failed
    .hint = plug the camera in again, or use another one
    .long =
        The driver, or the library for it, reported an error that has no code here. The line "why" has it.

        Try: on Linux, dmesg; another port; another program, to see whether the camera works at all.

ct-e128 = there is no picture on the screen or in the clipboard
    .hint = save a screenshot and scan the file
    .long =
        The screen is read over X11. There is no X11 screen (DISPLAY), camtoken may not read it, or the session is Wayland's,
        where no program can read what others draw. Or the clipboard has text, or is empty.

        Try: a screenshot to a file, or to the clipboard and --clipboard.

ct-e129 = cameras are not read on this system
    .hint = give --camera a video file or a folder of pictures, or scan a screenshot: camtoken scan FILE
    .long =
        Webcams are read on Linux, macOS and Windows. No feature of the build brings them to another system. Videos, folders
        of pictures, pipes and single pictures are read on every system.

        Try: record a video with another program (YUV4MPEG2 or MJPEG), and give the file or a pipe to --camera.

ct-e140 = the module that opens the key-encryption key cannot be used
    .hint = check module-path or the address in kek_source, and whether the module runs; nothing was changed
    .long =
        The setting kek_source names a PKCS#11 module or a Transit engine. Its library cannot be loaded, its server cannot be
        reached, or it reported a failure of its own. "why" has what it said. No key was opened, and nothing was written.

        A service that is running goes on without its module: the opened key is in its memory. Only its next start needs
        the module.

        Try: camtoken store kek status; pkcs11-tool --module PATH --list-slots; curl the address of the engine.

ct-e141 = the module refuses the PIN or the access token
    .hint = check the file that pin-source or token-file names; do not retry often: a token locks after some wrong PINs
    .long =
        A PKCS#11 token wants its PIN, a Transit engine an access token. It is missing, wrong, expired or locked, or it may not
        do what was asked (a policy without decrypt, for example). "why" has what the module said.

        Most tokens lock after some wrong PINs. camtoken logs in once for each start: keep the service manager from starting
        again and again.

        Try: the right PIN or a new access token in the file, one line, mode 0600.

ct-e142 = the Transit engine is sealed
    .hint = unseal it (bao operator unseal), then start again
    .long =
        After its own start an OpenBao or Vault server is sealed and opens nothing, until enough people have given their parts
        of its key, or its automatic unseal has worked. Nothing was changed.

        Try: bao status. Start the verifiers after the engine. Running services go on.

ct-e143 = the module does not answer
    .hint = check whether it hangs, or the network drops its packets; then start again
    .long =
        A module has five seconds for all requests of a start. This one accepted a request and did not answer.
        Nothing was changed. Running services go on.

        Likely: a firewall that drops packets, an HSM that is restarting, a smart card that waits for a touch.

ct-e144 = the module does not have the key
    .hint = compare token, object and id in kek_source, or the address, with the module's own list
    .long =
        The module has no such token or key; the key may not be used for this; or it is not the key that the key-encryption key
        was wrapped under. A Transit key must have been made with derived=true. "why" says which.

        Try: pkcs11-tool --list-objects --login; bao read transit/keys/NAME. If the module's key was replaced: both keys must
        be there when camtoken store kek rewrap runs. If the module's key is lost, so is the key-encryption key: restore the
        module's backup.

ct-e145 = the wrapped key-encryption key was altered
    .hint = restore the file kek.wrapped from its backup
    .long =
        The file kek.wrapped beside the store's default key has the key-encryption keys, wrapped by the module. One of them does
        not open although the module has the right key, or the file is of another kind or version. Nothing was changed.

        Try: restore the file from a backup. It has no secret that can be read without the module, so keep copies.

ct-e146 = no module opens the key-encryption key
    .hint = set kek_source to pkcs11:… or transit:https://…
    .long =
        The verbs new, rotate and rewrap of camtoken store kek change the file of wrapped keys. Here the key-encryption key is in
        a file, a variable or a credential.

        Try: camtoken store kek status. To change a key in a file, write the new one in the first line and keep the old one below
        it, then run camtoken store rewrap.

ct-e147 = there are already wrapped keys
    .hint = camtoken store kek rotate puts a new key first
    .long =
        camtoken store kek new makes the file kek.wrapped and never replaces one: the keys in it may be those of a store.

        Try: camtoken store kek status. Move the file away if it is not needed any more.

ct-e148 = there is no second wrapped key
    .hint = camtoken store kek rotate --second adds one
    .long =
        Only a second key can be put first, and the file has one key.

        Try: camtoken store kek rotate --second, give the file to every verifier, start them again one by one, then repeat
        this command.

ct-e190 = the implementation does not speak the protocol of the conformance kit
    .hint = docs/CONFORMANCE.md has the protocol; try its command by hand: echo '{"{"}"id":1,"ask":"hello","protocol":1{"}"}' | COMMAND
    .long =
        The first request asks the program of --cmd, or the address of --url, what it supports. The answer was not one of the
        protocol. Nothing was tested. "why" has the last lines of its standard error.

## Reasons

why-file-empty = { $name }: the file is empty
why-no-picture = { $name }: no picture in this folder; looked for { $known }
why-web-address = { $name }: a web address, and nothing is fetched: save the picture, and name its file
why-code-as-argument = { $scheme }:…: the text of a code, which may hold a key and is no argument: give it on standard input (-), or in a file
why-arguments-missing = the following required arguments were not provided:
why-argument-unknown = unexpected argument '{ $found }' found
why-field-missing = field "{ $field }" is missing
why-no-such-token = no token is named { $name }, and none has this token ID
why-no-account = the token has no account: scan the code of a sign-up first
why-no-challenge = not a challenge: expected ACTIVATION-CHALLENGE (12 and 24 hexadecimal digits), as issue prints it
why-other-oath = { $name }: this key is for { $verb }: camtoken oath { $verb }, or --kind { $verb } for an account
