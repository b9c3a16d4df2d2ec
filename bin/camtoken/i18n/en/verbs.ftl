### Headings, help and answers of the verbs. Keys are in the order of the code; ja/ has the same.

heading-usage = Usage
heading-verbs = Verbs
heading-arguments = Arguments
heading-options = Options
heading-global = Options of every verb
heading-exit = Exit codes:

exit-0 = done, and the answer is yes
exit-1 = could not do it (input or output, network, internal)
exit-2 = usage, configuration, or an answer that is missing in a pipe
exit-3 = no 2D code in the picture (T01)
exit-4 = a code was found and could not be read (T02)
exit-5 = the code was read, but the token refuses (T03 and on)
exit-6 = the verifier says no
exit-7 = findings: grade below the limit, vectors failed, a problem of this machine
exit-8 = cancelled on the token (T10)

help-camtoken = A camera token for transaction signing, both ends: verifier and software token
    .json = Answer with exactly one JSON document (streams: one a line), on failure too
    .quiet = Answer with the bare value
    .lang = Language of texts [CAMTOKEN_LANG, else the locale]
    .at = Take this moment for now; for test keys [CAMTOKEN_NOW]
    .state_dir = Where tokens and records live [CAMTOKEN_STATE_DIR]
    .color = When to colour; auto honours NO_COLOR [CAMTOKEN_COLOR]
    .config = Read this configuration file and no other [CAMTOKEN_CONFIG]
    .help = Print help (--help: with the exit codes)
    .version = Print the version

## doctor

help-doctor = Look at this machine: language, configuration, clock, state, terminal
    .long =
        Look at this machine: language, configuration, clock, state, terminal.

        Exit 0 when all is well and 7 when there is a problem; each problem comes with advice.
        With --quiet the names of the checks that found one are printed.

doctor-ok = ok
doctor-problem = PROBLEM
check-locale = language
check-config = configuration
check-clock = clock
check-state = state
check-kek-file = key file
check-terminal = terminal
doctor-clock-wrong = Set the clock of this machine: challenges expire by it.
doctor-clock-back = Files of camtoken were changed later than now: the clock was set back. Set it right.
doctor-state-nowhere = Say where to keep state: --state-dir DIR or CAMTOKEN_STATE_DIR.
doctor-state-unwritable = Make the directory writable, or name another with --state-dir DIR.
doctor-state-not-yet = (will be made)
doctor-open-to-others = Others on this machine can get at it: take the rights from group and others (chmod go-rwx).
doctor-kek-unreadable = The verifier needs this file to open its keys; check the setting kek_file.
doctor-well = All is well.
doctor-found = Problems: { $count }

## vectors

help-vectors = Run test vectors, also those of other implementations

help-vectors-run = Run files, and folders of *_test.json and *.story; 7 when a test fails
    .paths = The files and folders
    .junit = Write a JUnit report to this file as well

help-vectors-list = List the types of tests that can be run

## config

help-config = Show every setting in effect and where it came from
    .name = The one setting to show; with --quiet its bare value
    .long =
        Show every setting in effect and where it came from.

        A flag is stronger than a CAMTOKEN_… variable, then comes camtoken.toml (looked for in this directory and those
        above), then camtoken/config.toml in the user's configuration directory, then the default. A password in the
        URL of a store is not shown.

source-default = default
source-locale = locale

## schema

help-schema = Print the JSON schema of a document that --json prints
    .name = The document, such as error; without it, the list

## explain

help-explain = Explain a code: what it means, why it comes, what to try
    .code = The code, such as CT-E041 or T02; without it, the list

explain-exit = exit { $number }: { $meaning }

## completions

help-completions = Print the completion script of a shell
    .shell = The shell

## man

help-man = Write manual pages, one a verb
    .dir = The directory to write them into; it is made when missing

man-name = NAME
man-synopsis = SYNOPSIS
man-description = DESCRIPTION
man-extra = EXIT CODES
man-version = VERSION
