### Headings, help and answers of the verbs. Keys are in the order of the code; ja/ has the same.

heading-usage = Usage
heading-verbs = Verbs
heading-arguments = Arguments
heading-options = Options
heading-global = Options of every verb
heading-exit = Exit codes:

exit-0 = done, and accepted where there was something to decide
exit-1 = could not do it (input or output, network, internal)
exit-2 = usage, configuration, or an answer that is missing in a pipe
exit-3 = no 2D code in the picture (T01)
exit-4 = a code was found and could not be read (T02)
exit-5 = the code was read, but the token refuses (T03 and on)
exit-6 = the verifier did not accept it
exit-7 = findings: grade below the limit, vectors failed, a problem of this machine
exit-8 = cancelled on the token (T10)

help-camtoken = A camera token for transaction signing, both ends: verifier and software token
    .json = Answer with exactly one JSON document (streams: one a line), on failure too
    .quiet = Answer with the bare value
    .lang = Language of texts [CAMTOKEN_LANG, else the locale]
    .at = Take this moment for now; for test keys [CAMTOKEN_NOW]
    .state_dir = Where tokens and records are kept [CAMTOKEN_STATE_DIR]
    .color = When to colour; auto honours NO_COLOR [CAMTOKEN_COLOR]
    .config = Read this configuration file and no other [CAMTOKEN_CONFIG]
    .help = Print help (--help: with the exit codes)
    .version = Print the version

## scan

help-scan = Read a picture and hand the code in it to a token, which shows it and answers
    .images = Pictures, folders of pictures, or - for standard input; the content decides the format
    .token = The token that reads [CAMTOKEN_TOKEN, else the only one]
    .confirm = Who presses the buttons: ask (a person, page by page), auto (all pages are approved), step (stay at page one)
    .keep = Second code of a registration: whether the bank has confirmed it
    .raw = Print what the symbol says, without a token; any QR code
    .all = Look for every symbol in the picture
    .try_harder = Try every method on a bad picture, for seconds
    .budget = How long each picture may be searched: 500ms, 2s
    .overlay = Draw corners and quiet zone onto the picture
    .pin_file = The token's PIN; - is standard input [CAMTOKEN_PIN]
    .passphrase_file = The passphrase of the token's file; - is standard input [CAMTOKEN_PASSPHRASE]
    .camera = Watch a camera by its number, a video (YUV4MPEG2, MJPEG), a folder of pictures, or - until a code is read
    .screen = Read the screen (X11)
    .timeout = How long to watch [30s for a camera; the screen is read once; a video to its end]
    .clipboard = Take the picture in the clipboard
    .account = Which account answers a code of another system, if several could: its user
    .account_pin_file = The PIN of that account, or the one that a new account gets [CAMTOKEN_ACCOUNT_PIN]
    .deliver_to = Send the answer to such a code to this host and to no other; may be repeated
    .long =
        Read a picture and hand the code in it to a token, which shows it and answers.

        The token shows the transaction, page by page. Once approved, it gives the digits to type into the bank's
        page: 8 for a transaction, the device code for the first code of a registration. After the second code it asks
        whether the bank has confirmed.

        With --quiet the digits alone are printed. Several pictures, or a folder, give one document a picture (NDJSON).
        Without a terminal --confirm has to say who approves.

scan-ask = Page { $page } of { $pages }: Enter = right button, b = back, n = cancel >
scan-part = (part { $number } of { $count })
scan-module = a module is { $px } pixels wide
scan-budget = the time given with --budget ended before everything was tried
scan-pictures = { $count } pages or pictures of the file were searched; at most 32 are: send the one with the code alone
scan-micro = a Micro QR code is in it, which tokens do not read; camtoken scan --raw may
scan-not-kept = not kept yet: once the bank has confirmed, camtoken token activate { $name } --keep yes
scan-rmqr = a rectangular code (rMQR) seems to be in it, which is not read: show a square QR code

## watch

help-watch = Show what a camera sees, with a grade and one word of advice, until Ctrl-C
    .camera = A camera by its number, a video (YUV4MPEG2, MJPEG), a folder of pictures, or -
    .screen = The screen (X11)
    .timeout = How long to watch [until the source ends]
    .long =
        Show what a camera sees, with a grade and one word of advice, until Ctrl-C.

        On a terminal it is a viewfinder with the symbol framed. Elsewhere there is a line for each change, and with --json
        a document (NDJSON); --quiet prints each text that is read. Exit 0 when a code was read at any time, 3 or 4 when
        none was.

watch-good = good
watch-nearer = nearer
watch-farther = farther
watch-aim = aim
watch-brighter = brighter
watch-steady = steady
watch-straighten = straighten
watch-uncover = uncover
watch-reflection = reflection
watch-negative = negative
watch-below = { $source }, { $rate } frames/s, { $px } px a module; Ctrl-C ends

## token

help-token = Make, look at and use the software tokens of this account
help-token-new = Make a token
    .name = What it is called here
    .id = What is printed on its back: up to 10 capitals, digits, hyphens; without it, a random one
    .test = A test token: its file is not encrypted, and verifiers refuse it unless configured to accept it
    .passphrase_file = The passphrase around its file; - is standard input [CAMTOKEN_PASSPHRASE]
    .pin_file = A PIN of 5 to 8 digits, asked each time it is switched on
    .profile = standard, or japan: no PIN can be set
    .slots = How many users it takes
    .long =
        Make a token. It speaks the language of --lang.

        A test token is kept in clear. Any other is encrypted under a passphrase, which every use of it asks for.
help-token-list = List the tokens
help-token-show = Show what a token is and who is registered on it
    .name = The token
    .passphrase_file = The passphrase of its file
help-token-activate = Register a user on a token: scan the first code, then the second
    .name = The token
    .code = The picture of one of the codes; without it, both are asked for
    .confirm = Who presses the buttons: ask, auto, step
    .keep = Whether the bank has confirmed; without a picture, answers the question that is open
    .pin_file = The token's PIN
    .passphrase_file = The passphrase of its file
    .long =
        Register a user on a token: scan the first code, then the second.

        The first code gives a device code to type into the bank's page, which then shows the second code. That gives a
        response to type, and the token asks whether the bank has confirmed. Only then it keeps the activation.
help-token-screen = Show what is on the screen of a token
    .name = The token
    .passphrase_file = The passphrase of its file
    .png = Write it as a PNG
    .svg = Write it as an SVG
    .text = Print it as text, beside a file too
help-token-press = Press a button of a token
    .what = The token, which may be left out, and the button
    .hold = Hold it: the centre one switches on and off
    .passphrase_file = The passphrase of its file
help-token-faults = Show or set the faults of a token, for tests
    .name = The token
    .passphrase_file = The passphrase of its file
    .battery = What is left in the battery; with 0 it reads nothing (T13)
    .half_activated = Act as if no registration had been finished (T09)
    .clock = How far its clock is ahead
    .next_scan = How the next scan ends
    .clear = Take all faults away, before those of this call are set
help-token-reset = Empty a token: no activation, no PIN, no fault
    .name = The token
    .yes = Do not ask
    .passphrase_file = The passphrase of its file
help-token-rm = Remove a token with its file
    .name = The token
    .yes = Do not ask
    .passphrase_file = The passphrase of its file
help-token-export = Write a token to a file: a test token in clear, any other encrypted
    .name = The token
    .passphrase_file = The passphrase of its file
    .output = The file, such as work.camtoken.json; without it, standard output
help-token-import = Take in a token from a file
    .file = The file
    .name = What it is called here; without it, as the file
    .passphrase_file = The passphrase of the file
help-token-accounts = List the accounts of other systems on a token
    .name = The token
    .passphrase_file = The passphrase of its file
help-token-add-account = Give a token an account from a key: HOTP, TOTP or an OCRA card
    .token = The token [CAMTOKEN_TOKEN, else the only one]
    .token_passphrase_file = The passphrase of the token's file
    .passphrase_file = The passphrase of the file of keys
    .issuer = Who issued the account
    .user = For whom
    .kind = What it computes
    .suite = The OCRASuite of a card [that of the key package]
    .key_file = The key in hexadecimal digits; beside --pskc, what opens that file
    .base32 = The key is written in base32
    .binary = The file is the key itself, byte for byte
    .otpauth = A file with the otpauth URI of the key
    .pskc = A file of keys (PSKC, RFC 6030)
    .key_id = Which key of the file: its ID, or the serial number of its device
help-token-rm-account = Remove an account from a token, with its key
    .account = The account: issuer:user, or one of them
    .token = The token [CAMTOKEN_TOKEN, else the only one]
    .passphrase_file = The passphrase of the token's file
    .yes = Do not ask
help-token-otp = Answer with an account: its one-time password, or the response to a question
    .account = The account: issuer:user, or one of them [the only one]
    .token = The token [CAMTOKEN_TOKEN, else the only one]
    .passphrase_file = The passphrase of the token's file
    .question = The question that an OCRA card is asked
    .text = A text that the card's question is the hash of, as DisplayTAN cards take it
    .confirm = Who approves what is shown: ask (a person), auto
    .account_pin_file = The PIN of the account [CAMTOKEN_ACCOUNT_PIN]
    .pin_file = The token's PIN [CAMTOKEN_PIN]

token-name = name
token-id = token ID
token-kind = kind
token-test = TEST DEVICE, not encrypted
token-production = encrypted
token-language = language
token-slots = users
token-state = state
token-activation = activation
token-account = account
token-pending = waits for the second code of
token-faults = faults
token-none = There is no token. Make one: camtoken token new NAME --test
token-encrypted = encrypted
token-exported = { $name }: written to { $file }
token-reset = { $name }: reset
token-removed = { $name }: removed
state-off = off
state-pin = asks for the PIN
state-ready = ready to scan
state-menu = in the menu
state-showing = shows a code
state-answered = shows digits to type
state-asking = asks whether the bank has confirmed
state-done = has done it
state-refused = shows an error
state-other = busy
prompt-passphrase = Passphrase of the token
prompt-pin = PIN of { $name }
pin-form = a PIN has 5 to 8 digits
passphrases-differ = the two passphrases differ
activate-first = Picture of the first code:
activate-second = Picture of the second code:
reset-sure = Reset { $name }? All its activations are lost.
rm-sure = Remove { $name }? All its activations are lost.

account-none = no accounts
account-blocked = blocked by its server
account-sent = Sent to { $host }: accepted.
account-not-sent = Not sent: type the digits, or name the host with --deliver-to.
account-ask = Approve?
account-rm-ask = Remove { $name }, with its key?
prompt-account-pin = PIN of { $name }
prompt-account-pin-new = New PIN for { $name }

## inspect

help-inspect = Show the parts of a code that can be read without a key
    .what = A picture, - for standard input, or the text of a code
    .budget = How long each picture may be searched: 500ms, 2s
    .long =
        Show the parts of a code that can be read without a key: text form, version, which key opens it, the
        challenge's name with the second of its creation, and the sealed envelope item by item.

        Exit 5 for a code that no token would read, such as a link.

inspect-file = picture
inspect-kind = kind
inspect-camtoken = camtoken code
inspect-foreign = another 2D code
inspect-format = format
inspect-damage = damage
inspect-refusal = tokens say
inspect-symbol = symbol
inspect-symbol-is = version { $version }, level { $level }, { $modules } modules, { $px } px each
inspect-version = version
inspect-key = key of
inspect-challenge = challenge
inspect-sizes = sizes
inspect-sizes-are = { $characters } characters, envelope { $envelope } bytes, content { $content } bytes
inspect-text = text

## lint

help-lint = Grade a code as a camera sees it, and say what to change in the page
    .image = The picture, or - for standard input: a screenshot of the page, or a photo of it
    .min_grade = The grade to reach [B]; 7 when it is lower
    .overlay = Draw corners, quiet zone and repaired modules onto the picture; an SVG has the measures too
    .dpr = Pixels of the picture for one CSS pixel [1]: the browser's devicePixelRatio, for a screenshot
    .budget = How long each picture may be searched: 500ms, 2s
    .long =
        Grade a code as a camera sees it, and say what to change in the page.

        Ten measures after ISO/IEC 15415, each with a grade from A to F; the lowest is the grade of the code. Advice has
        numbers, in CSS pixels. When nothing is read, the measures say why: too small, cut off, no quiet zone,
        blurred, low contrast.

        Exit 0 at --min-grade or better and 7 below, 3 when no code was found, 4 when one was not readable.
        With --quiet the grade alone is printed.

lint-passed = Grade { $grade }: good enough ({ $min } or better).
lint-failed = Grade { $grade }: below { $min }.
lint-found = Not passed: { $finding }.

## distort

help-distort = Make a camera-like picture of a picture, from a seed; for tests
    .image = The picture, or - for standard input
    .output = Write a grey PNG here; - is standard output
    .half_blocks = Terminal: dark rows of pixels between lines of text
    .line = Terminal: the height of a line of text in pixels [16]
    .fade = Washed-out screen: how light black becomes
    .tilt = Camera at a slant: degrees, up to 75
    .uneven = Light from one side: how much of it is missing on the other
    .glare = Reflection: how close to white its middle is
    .blur = Out of focus: standard deviation in pixels, up to 50
    .motion = Shaken: length of the movement in pixels, up to 200
    .moire = Monitor grid: depth of the waves
    .low_light = Too little light: how much of it is missing
    .noise = Noise: standard deviation in grey levels, up to 128
    .jpeg = Compression: 100 minus the quality of a JPEG
    .seed = The seed of all random numbers [0]
    .long =
        Make a camera-like picture of a picture, from a seed; for tests.

        The same flags and seed give the same pixels on every machine; --quiet prints their SHA-256. Without a flag the
        picture stays as it is, in grey. The effects come in the order in which they are listed, that of the light's way.

distort-written = { $file }: { $width } x { $height } pixels

## doctor

help-doctor = Look at this machine: language, configuration, clock, state, terminal, cameras
    .long =
        Look at this machine: language, configuration, clock, state, terminal, cameras.

        Exit 0 when all is well and 7 when there is a problem; each problem comes with advice.
        With --quiet the names of the checks that found one are printed.

doctor-ok = ok
doctor-problem = PROBLEM
check-locale = language
check-config = configuration
check-clock = clock
check-state = state
check-kek-file = key file
check-kek-source = key source
check-store = database
check-store-room = free space
check-terminal = terminal
check-cameras = cameras
doctor-no-cameras = none found
doctor-cameras-not-built = not in this build: cargo install --path bin/camtoken --features camera
doctor-cameras-not-supported = not read on this system; --camera takes video files and folders of pictures
doctor-clock-wrong = Set the clock of this machine: challenges expire by it.
doctor-clock-back = Files of camtoken were changed later than now: the clock was set back. Set it right.
doctor-state-nowhere = Say where to keep state: --state-dir DIR or CAMTOKEN_STATE_DIR.
doctor-state-unwritable = Make the directory writable, or name another with --state-dir DIR.
doctor-state-not-yet = (will be made)
doctor-open-to-others = Other users of this machine can read or write it: remove the permissions of group and others (chmod go-rwx).
doctor-store-busy = (in use by a verifier, which goes on checking it: /readyz)
doctor-store-full = The file system of the store is full: the next changes are not stored. Make room there.
doctor-kek-unreadable = The verifier needs this file to open its keys; check the setting kek_file.
doctor-well = All is well.
doctor-found = Problems: { $count }

## oath

help-oath = Compute or check HOTP, TOTP and OCRA values of a key (RFC 4226, 6238, 6287)
    .key_file = The key in hexadecimal digits; beside --pskc, what opens that file
    .base32 = The key is written in base32
    .binary = The file is the key itself, byte for byte
    .otpauth = A file with the otpauth URI of the key
    .pskc = A file of keys (PSKC, RFC 6030)
    .key_id = Which key of the file: its ID, or the serial number of its device
    .digits = The digits of a value [those of the file, else 6]
    .hash = The hash under the HMAC [that of the file, else sha1]
    .long =
        Compute or check HOTP, TOTP and OCRA values of a key (RFC 4226, 6238, 6287).

        The key comes from a file, from standard input, from an otpauth URI or from a key package (PSKC), never from an
        argument. Options that oathtool has, too, mean the same:

          camtoken oath hotp --key-file key.hex --counter 7
          camtoken oath totp --key-file - --base32 --verify 123456 --window 1
          camtoken oath ocra --key-file key.hex --suite OCRA-1:HOTP-SHA1-6:QN08 --question 12345678

        A check exits with 0 for yes and 6 for no. It stores nothing: give it the next counter, or --after, so that a
        response is good once.

help-oath-hotp = Event-based one-time passwords (RFC 4226)
    .counter = The counter of the first value, or of the first one to look at [that of the file, else 0]
    .window = How many counters further to compute, or to look at
    .verify = Check this response instead; several in a row resynchronise a token that is far ahead
help-oath-totp = Time-based one-time passwords (RFC 6238)
    .time_step_size = The length of a time step, such as 30s [that of the file, else 30s]
    .start_time = When step 0 begins
    .drift = How many time steps the token is ahead of the clock
    .after = The last time step that was accepted: it and those before it are refused
    .window = How many time steps further to compute; for a check, how many to look at on either side
    .verify = Check this response instead
help-oath-ocra = Responses to a question (RFC 6287), in all of its modes
    .suite = The OCRASuite [that of the key package]
    .question = The question: digits, hexadecimal digits or letters, as the suite says
    .mode = Which party computes what (RFC 6287, section 7)
    .peer_question = The question of the other party, in the modes with two of them
    .counter = The counter, for a suite with C [that of the key package]
    .pin_file = The PIN, for a suite with P; - is standard input [CAMTOKEN_PIN]
    .pin_is_hashed = The PIN file has the hash of the PIN, in hexadecimal digits
    .session = The session data in hexadecimal, for a suite with S
    .window = How many counters further, or time steps on either side, to look at
    .verify = Check this response instead

oath-pin = PIN
oath-accepted = Right.
oath-rejected = Wrong: the value does not match.
oath-counter = Right, by counter { $counter }. Go on with { $next }.
oath-step = Right, by time step { $step } ({ $drift }).

## vectors

help-vectors = Run test vectors, also those of other implementations

help-vectors-run = Run files, and folders of *_test.json and *.story; 7 when a test fails
    .paths = The files and folders
    .junit = Write a JUnit report to this file as well

help-vectors-list = List the types of tests that can be run

## conform

help-conform = Put test vectors and stories to another implementation; 7 when a test fails
    .paths = Files, and folders of *_test.json and *.story
    .cmd = The implementation: a program that answers each line of its input with a line; no shell
    .url = The implementation: an address (http://) that answers each request that is posted
    .answer = Answer the requests on standard input, as camtoken's own implementation
    .timeout = How long an answer may take [60s]
    .junit = Write a JUnit report to this file as well
    .report = Write a report in Markdown to this file as well
    .long =
        The implementation says first what it supports, and gets tests of nothing else; other tests are counted as skipped.
        docs/CONFORMANCE.md describes the requests and answers, testvectors/adapters has examples to start from.

## config

help-config = Show every setting in effect and where it came from
    .name = The one setting to show; with --quiet its bare value
    .long =
        Show every setting in effect and where it came from.

        A flag takes precedence over a CAMTOKEN_… variable, that over camtoken.toml (in this directory or one above), that
        over camtoken/config.toml in the user's configuration directory, and that over the default. A password in the URL
        of a store is not shown.

source-default = default
source-locale = locale

## schema

help-schema = Print the JSON schema of a document that --json prints
    .name = The document, such as error; without it, the list

## explain

help-explain = Explain a code: what it means, why it appears, what to try
    .code = The code, such as CT-E041 or T02; without it, the list

explain-exit = exit { $number }: { $meaning }

## completions

help-completions = Print the completion script of a shell
    .shell = The shell

## man

help-man = Write manual pages, one for each verb
    .dir = The directory to write them into; it is made when missing

man-name = NAME
man-synopsis = SYNOPSIS
man-description = DESCRIPTION
man-extra = EXIT CODES
man-version = VERSION
