### Errors. The value says what happened, .hint what to do next, .long what `camtoken explain` prints.
### The value speaks of no particulars: those come as the reason, untranslated.

ct-e010 = a file could not be read
    .hint = check the name and the rights of the file; - reads standard input
    .long =
        A file that you named, or standard input, could not be read. The line "why" has the name and what the
        operating system said.

        Try: check the spelling and that you may read the file (ls -l). A picture may come from standard input: give -
        as its name.

ct-e011 = something could not be written
    .hint = check free space and the rights of the directory
    .long =
        A file, or standard output, took nothing more: no space is left, the directory does not exist, or you may not
        write there. A file of ours is replaced whole or not at all, so the old one is still there.

        Try: df -h, ls -ld on the directory, another --state-dir or another target.

ct-e012 = the state directory cannot be used
    .hint = run camtoken doctor, or name another directory with --state-dir DIR
    .long =
        Tokens and records live in one directory, by default camtoken under $XDG_STATE_HOME or ~/.local/state. It could
        not be made, read or written, or this account has no home.

        Try: camtoken doctor says which of these it is. --state-dir DIR or CAMTOKEN_STATE_DIR names another place.
        Never share the directory between accounts: its files are for their owner only.

ct-e019 = an internal error
    .hint = please report it with the command and the lines above; leave out keys and transactions
    .long =
        camtoken made a mistake: something that its authors held for impossible has happened. Nothing was decided; a
        response that was being verified counts only if the verifier says so when asked again.

        Try: the newest version. Report it with the command line, the lines printed before the error and the output of
        camtoken doctor. Do not send keys, PINs or transactions.

ct-e020 = the command line was not understood
    .hint = usage: { $usage }
    .long =
        A verb, an option or a value is unknown, or one is missing. The line "why" says which.

        Try: camtoken VERB --help. A value that starts with a hyphen goes behind --, or is written --option=value.
        Secrets are never arguments: they come from a file, standard input, a variable or a prompt.

ct-e021 = a configuration file cannot be used
    .hint = mend what the reason shows; camtoken config --help tells how the settings are found
    .long =
        A file camtoken.toml or config.toml, or the one that --config names, cannot be read, is not TOML, has a key that no setting has, or a value that its setting does
        not take. Unknown keys are refused, because a misspelt limit that is silently ignored is a limit that is not
        there.

        Settings: lang, color, state_dir, store, token, accept_test_keys, kek_file, challenge_lifetime (1s..600s),
        response_digits (6..10), max_attempts (1..10). Relative paths start at the file.

        Try: mend the line that is shown. camtoken doctor and camtoken explain run even with a broken configuration.

ct-e022 = a variable has a value that its setting does not take
    .hint = set { $name } to { $expected }, or unset it
    .long =
        A variable CAMTOKEN_… stands for a setting, and its value is not one that the setting takes. An empty variable
        counts as unset.

        Try: env | grep CAMTOKEN_ shows the variables, camtoken doctor what is wrong with them.

ct-e023 = an answer is needed, and there is no terminal to ask on
    .hint = answer with { $flag }
    .long =
        A secret or a decision is missing. On a terminal camtoken would ask; in a pipe, a job or a container nobody
        would see the question, so it stops instead of waiting.

        Try: the option of the hint. Options that end in -file read a secret from a file, - stands for standard input.

ct-e024 = there is no such code
    .hint = camtoken explain lists all codes
    .long =
        camtoken explain knows the codes of camtoken's errors, CT-E…, and those of the token, T01 to T14.

        Try: camtoken explain without a code prints the list.

ct-e025 = there is no such name
    .hint = known names: { $names }
    .long =
        A setting, a document or something else was asked for by a name that it does not have. The hint lists the names
        that there are.

ct-e031 = no 2D code was found in the picture
    .hint = take in the whole code with the white margin around it, from a little farther away
    .long =
        T01. The picture was read, but nothing in it looks like a 2D code.

        Likely: the code is cut off or has no white margin (four modules on each side); the picture is very dark, blurred
        or too small; the page had not drawn the code yet; it is another kind of code.

        Try: scan the whole screen rather than a part, hold the camera 10 to 20 cm away and straight, turn the brightness
        up, avoid reflections, wipe the lens. --overlay out.png shows where was looked.

ct-e041 = the code was found but could not be read
    .hint = show the code larger: at least 106 CSS px
    .long =
        T02. The corners of a code were found, but too many of its modules are unclear for its error correction. The line
        "why" says how many pixels a module has; under 2 is hopeless, 3 and more is good.

        Likely: shown too small, or scaled by a factor that is not whole; photographed from too far or at a slant;
        reflections, moire, low contrast; strong JPEG compression.

        Try: zoom the page, go nearer, hold the camera straight, brighten the screen, turn off dark mode for the code.
        For a page of your own: whole pixels per module, image-rendering: pixelated, a margin of four modules.

ct-e042 = the file is not a picture that can be read
    .hint = give a PNG, JPEG, WebP or BMP of at most 40 megapixels
    .long =
        The file was opened, but it is no picture of a kind that is read, is damaged, or is larger than a picture may be.
        The line "why" says which. The content decides, not the name. A folder must have a picture in it.

        Try: open the picture in a viewer and save it as PNG; make a screenshot instead of a photo in another format.

ct-e043 = the token's file cannot be used
    .hint = bring the token back with camtoken token import, or make a new one
    .long =
        A file of a token is damaged, was written by a later version, or has a token that is not for tests without a
        passphrase around it. It is left as it is.

        Try: the file in tokens/ of the state directory, or the one that you import, from a backup. A new token has to be
        activated anew.

ct-e044 = another process holds the token
    .hint = let it finish: a scan may be waiting for an answer in another window
    .long =
        A token is in the hand of one process at a time, as a device is in one hand. This one waited two seconds.

        Try: look for a camtoken scan that waits for you. In tests that run side by side, give each its own token, or its
        own --state-dir.

ct-e045 = the passphrase is wrong
    .hint = give the passphrase that the token was made with
    .long =
        The token's file is encrypted, and this passphrase does not open it; or the file was altered. There is no other
        way in.

        Try: --passphrase-file FILE without a second line feed, or CAMTOKEN_PASSPHRASE. If it is lost: camtoken token rm,
        a new token, and an activation with the bank.

ct-e046 = no token is meant
    .hint = name one of: { $names }; or make one with camtoken token new NAME --test
    .long =
        A token has to read the code, and it is not clear which: there is none, there are several, or none has the name
        that was given.

        Try: camtoken token list; then --token NAME, or token = "NAME" in camtoken.toml. camtoken scan --raw reads a code
        without a token.

ct-e047 = there is a token of that name
    .hint = choose another name, or remove the old one with camtoken token rm
    .long =
        A new or imported token does not take the place of another: its activations would be lost.

        Try: another NAME, or import --name NAME.

ct-e048 = this build cannot do that
    .hint = it needs a build with the feature { $feature }; a picture in a file works in every build
    .long =
        Cameras and screens are read by builds that have the feature for it. This one reads pictures only.

        Try: camtoken doctor lists the features of this build. Save a screenshot and scan the file.

ct-e049 = the token waits for another answer
    .hint = look with camtoken token screen { $name }, answer with camtoken token press { $name } left|right
    .long =
        The token asks whether the bank has confirmed a registration, and reads no code before that is answered; or it
        was asked to answer that and has no such question.

        Try: camtoken token screen shows what it waits for. camtoken token activate NAME --keep yes|no answers.

ct-e053 = this is not a code for a camera token
    .hint = scan the code that the bank shows for this transaction
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
        another token, or made by somebody who does not hold the key. Nothing of its content can be trusted, so nothing is
        shown.

        Likely in a test: verifier and token were activated against different stores, or one of them was reset since.

        Try: close the page, open the bank's page anew, ask for a new code. Activate again after a reset.

ct-e056 = the code's version or suite is unknown to this token
    .hint = update camtoken on the older side
    .long =
        T06. The code was made by a newer version, or asks for an OCRA suite that this token does not compute. It is
        refused, not guessed.

        Try: the same version on both ends. camtoken inspect shows version and suite without a key.

ct-e057 = the code asks for an operation that this token does not know
    .hint = update camtoken on the token's side
    .long =
        T07. The seal is right, but the operation has no entry in the token's catalogue, or has fields that it does not
        have there. A token shows only what it understands whole: otherwise a person would approve what was not shown.

        Try: the same version on both ends.

ct-e058 = the token is not activated
    .hint = activate it first: camtoken enroll start, then scan the first code
    .long =
        T08. The token has no activation, so it has no key to open any code with.

        Try: the activation has two codes: the first starts it, the token shows a device code, the second completes it.

ct-e059 = the activation of the token is incomplete
    .hint = scan the second activation code, or start again with camtoken enroll start
    .long =
        T09. The first activation code was scanned, the second was not, or was not confirmed on the token. Until then
        transactions cannot be signed.

        Try: camtoken enroll status on the verifier's side, then scan the second code; or reset and begin again.

ct-e060 = cancelled on the token
    .hint = nothing was signed; scan again to go on
    .long =
        T10. The transaction was shown and somebody pressed the left button, or the token switched itself off before an
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
        T12. This token has answered this very challenge before. A response is good once, so it is not given twice.

        Likely: an old picture, or a page that was not reloaded.

        Try: ask for a new code. If the first response did not arrive, the new code takes its place.

ct-e063 = the token's battery is empty
    .hint = change the batteries; in a test: camtoken token faults
    .long =
        T13. A device would have no power for the camera. The software token says so only when a test set this fault.

        Try: camtoken token faults shows the faults that are set, and clears them.

ct-e064 = the token is locked
    .hint = unlock it with the bank, or reset it and activate it again
    .long =
        T14. The PIN was wrong too often, and the token has locked itself. Waiting does not help.

        Try: a reset deletes all activations; then activate the token again.
