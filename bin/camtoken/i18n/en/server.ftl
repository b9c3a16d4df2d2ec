### The service: its verb, and the problems that it answers with.

help-serve = Serve the verifier over HTTP, and a virtual token if --emulator asks for it
    .listen = Listen here; an address that others reach needs an API key or --client-ca
    .port = Listen on this port; 0 takes a free one, which is printed
    .emulator = Serve a virtual token beside the verifier, for tests; no setting and no variable turns it on
    .only = Serve one of the two alone: the verifier, which is the default, or a virtual token
    .socket = Listen on a socket at this path instead of an address; this user and root alone may connect
    .api_keys = Named keys with scopes, as camtoken serve-key makes them; read again at SIGHUP
    .api_key_file = What callers send as Authorization: Bearer; - reads standard input [CAMTOKEN_API_KEY]
    .allow_host = Answer under this name too, beside localhost and addresses
    .allow_origin = Answer pages of this origin too
    .log = What is logged, as lines of JSON on standard error
    .tls_cert = Serve under TLS with this chain of certificates, the service's own first
    .tls_key = The private key of the certificate
    .client_ca = Accept only clients with a certificate of this authority
    .anchor_dir = Write signed anchors of all audit chains into this directory, as camtoken audit anchor does
    .anchor_every = How often
    .anchor_key = The key that signs them [default: verifier/anchor.key in the state directory]
    .picture_budget = How long the picture of a request may be searched
    .end_with_stdin = End, too, when standard input ends: with the program that started it, however that ends
    .long =
        Serve the verifier over HTTP. /openapi.json describes every route; docs/HTTP.md tells the story with curl.

        With --emulator a virtual token is served beside the verifier, with its page at /ui, and with --only token the
        virtual token alone. It is made for tests: any caller can make tokens, read their keys and press their buttons.
        Beside an API key, TLS or a store in PostgreSQL, --emulator writes a warning to the log.

        One line on standard output says where it listens. It ends with Ctrl-C or SIGTERM, once the requests that it has
        are answered. The store is open in this process alone until then.

serve-listening = Listening on { $url } ({ $serves })

help-ui = Show a token in your browser, with a bank to practise with
    .port = Listen on this port [4870, or a free one when it is taken]
    .no_open = Print the address and open no browser
    .long =
        Show a camera token in your browser. It reads a 2D code from a picture, from the clipboard, from the screen or from
        a webcam, shows the transaction, and answers with digits to type.

        The page is served on this machine alone, and so is a bank for practice, which takes test tokens and keeps nothing.
        `camtoken serve --emulator` has the same page at /ui. It ends with Ctrl-C.

ui-open = Open { $url } in your browser. Ctrl-C ends it.

help-serve-key = Make a named API key for camtoken serve
    .long =
        Make keys for callers of `camtoken serve`: each with a name, which stands in the log and in the audit, and with the
        scopes that it may use. The service keeps the hash of a key only.

help-serve-key-new = Make a key and show it, this once
    .name = The caller's name: letters, digits and ._@-
    .scopes = What the caller may do, with commas between: issue, verify, enroll, operate, backup, metrics
    .expires = Refuse the key from this moment on
    .file = Add the key's lines to this file, which --api-keys reads; without it they are printed
    .long =
        Make a key and show it, this once. The lines that the service needs hold its hash, not the key.

        To change a key: make a second one of the same name, send SIGHUP to the service, give the new key to the caller, then
        remove the old lines and send SIGHUP again.

serve-key-added = The key is shown this once. Its lines were added to { $file }; send SIGHUP to the service.
serve-key-lines = The key is shown this once. Its lines for the file of --api-keys:

ct-e100 = the request was not understood
    .hint = compare it with /openapi.json; the answer's detail names the part
    .long =
        The path, a parameter, a header or the body is not what the route accepts. Nothing was done. The detail of the answer
        names the part and never repeats what was sent.

ct-e101 = there is nothing at this address
    .hint = check the path and the IDs in it
    .long =
        No route has this path, or the session, token or challenge in it does not exist. Sessions end some time after their
        last use, and a challenge has a picture only as long as it may be answered. The routes of the virtual token are there
        if the service was started with --emulator.

ct-e102 = the address does not take this method
    .hint = the header Allow lists the methods that it accepts
    .long =
        The path exists and accepts other methods. /openapi.json lists them.

ct-e103 = the API key is missing or wrong
    .hint = send it as Authorization: Bearer KEY
    .long =
        The service was started with an API key. Every request except those to /healthz, /readyz and /openapi.json has to
        send it.

ct-e104 = the request has another host name, or comes from a page of another site
    .hint = allow it by --allow-host NAME or --allow-origin https://NAME
    .long =
        A page of another site must not reach a service on this machine. So the service answers only for localhost, for
        addresses, and for the names that it was started with. In a browser it answers only its own pages.

ct-e105 = the body is too long
    .hint = JSON may have 64 KiB, a token's file 1 MiB, an image 32 MiB
    .long =
        The body is longer than the route accepts. Nothing was done. Crop an image to the part with the code.

ct-e106 = the content type of the body is not accepted here
    .hint = send JSON with Content-Type: application/json
    .long =
        The route accepts JSON, as /openapi.json says. A form of a page cannot send JSON to another site.

ct-e107 = the service or its store is busy, or cannot be reached
    .hint = try again in a moment; over HTTP after the seconds of Retry-After
    .long =
        Nothing was done. Too many requests wait, or change one activation at the same time, or the database cannot be reached.
        A retry with the same attempt or Idempotency-Key is safe.

ct-e108 = the request did not arrive in time
    .hint = send it again
    .long =
        A body has ten seconds to arrive, an image thirty. Nothing was done.

ct-e109 = the Idempotency-Key was used for another request
    .hint = use a new Idempotency-Key, or a new --attempt, for each new request, such as a UUID
    .long =
        The key names one request. Another request under the same key is refused.

ct-e117 = the challenge of this request was superseded by a newer one
    .hint = send a new request with a new Idempotency-Key, or a new --attempt, if it is still wanted
    .long =
        A request to issue a challenge was retried under the same key. Since the first try another challenge was issued to the
        activation. The earlier answer names a challenge that can no longer be answered.

ct-e110 = the request with this Idempotency-Key is still being worked on
    .hint = wait a moment, then send it again
    .long =
        The same request came twice at the same time. It is done once. A retry gets its answer.

ct-e111 = the service has reached its limit for these
    .hint = delete what is not needed any more, or give sessions a shorter ttl
    .long =
        There is room for 1,000 sessions with 64 tokens each. Sessions end by DELETE, or some time after their last use.

ct-e112 = the service cannot listen there
    .hint = choose another address or port; --port 0 takes a free one
    .long =
        The operating system does not allow the address: it is in use, is not one of this machine, or has a port below 1024.

ct-e113 = an address that other machines reach needs an API key or client certificates
    .hint = give a key with --api-key-file FILE, accept client certificates with --client-ca FILE, or listen on 127.0.0.1
    .long =
        On loopback every user of this machine can call. On any other address the network can. So every caller has to
        send an API key of at least 16 characters, for example from openssl rand -hex 32; or, under TLS, a certificate
        of the authority that --client-ca names. A key needs TLS, too: --tls-cert, or TLS in front of the service.

ct-e131 = the request came through a proxy, and the service asks for no key
    .hint = start the service with keys (--api-keys), or call it directly
    .long =
        A service without a key trusts every caller on this machine. The request has a header that proxies add
        (Forwarded, Via, X-Forwarded-For, X-Real-IP and the like), so it comes from elsewhere. Nothing was done.

        Try: make keys (camtoken serve-key new) and start the service with --api-keys; or call it from this machine without
        the proxy.

ct-e132 = this service has no virtual token
    .hint = start it with one: camtoken serve --emulator --accept-test-keys
    .long =
        The address begins with /v1/sessions, which is for virtual tokens. The service was started without them, as a verifier
        alone. Nothing was done.

        Try: camtoken serve --emulator --accept-test-keys, which serves both halves for tests.

ct-e133 = this service has no verifier
    .hint = start it without --only token: camtoken serve --emulator --accept-test-keys has both
    .long =
        The address is one of the verifier: its tokens, registrations, challenges. The service was started with
        --only token and has virtual tokens alone. Nothing was done.

        Try: camtoken serve --emulator --accept-test-keys, which serves both halves for tests.

ct-e134 = a token has no such button
    .hint = the buttons are left, center and right; OK is the right one
    .long =
        A token has three buttons below its screen. The screen shows above each button what it does: mostly the right one is
        OK and Next, the left one Cancel and Back. Hold the centre one to switch the token on and off. Nothing was pressed.

        Try: POST /v1/sessions/SESSION/tokens/TOKEN/buttons/right

ct-e135 = this is no span of time
    .hint = write PT181S, 3m1s, 90s, 10m or 1h; where a clock may go back, -5m is understood too
    .long =
        A span is up to three whole numbers, each with its unit: h for hours, m for minutes, s for seconds, as ISO 8601 (PT3M1S)
        or without PT. There are no days or words: 24h, not 1d or "3 minutes". The field `detail` of the answer names the part.

ct-e118 = the key has none of the scopes that this needs
    .hint = the answer's detail names the scopes; use a key that has one of them
    .long =
        Each key has scopes: issue, verify, enroll, operate, backup, metrics. This one has none of those that the route
        needs; /openapi.json lists them. Nothing was done.

ct-e119 = too many requests from this address came without the right key
    .hint = correct the key, and try again after the seconds of Retry-After
    .long =
        After twenty requests with a missing or wrong key, one request a second from an address is checked. Nothing was done.
        The log of the service has the address, and camtoken_failed_authentications_total counts them.

ct-e120 = the file of API keys, or the new key, cannot be used
    .hint = see the reason; camtoken serve-key new NAME --scopes … writes the lines of a key
    .long =
        The file of --api-keys is TOML: a table [[key]] for each key with name, sha256, scopes and perhaps expires. Unknown
        parts are refused. "why" names the file and the entry.

ct-e130 = a name to allow would admit every page, or is not valid
    .hint = write --allow-host NAME without a port, --allow-origin https://host or https://host:port
    .long =
        `*` would be every page, and `null` is what every sandboxed frame sends. An origin with a path is never sent by a
        browser, and a host's name has no port. Nothing is served.

ct-e114 = the API key is not safe to use
    .hint = use at least 16 printable characters without spaces: openssl rand -hex 32
    .long =
        A short key can be guessed. A space or an umlaut cannot be sent in a header.

ct-e115 = a value is beyond its limits
    .hint = the answer's detail names the part and what it accepts
    .long =
        The request has the right form, but a value in it is not accepted: a lifetime of a challenge beyond ten minutes, or a
        pattern that is no regular expression. Nothing was done.

ct-e116 = the certificates or the key cannot be used for TLS
    .hint = see the reason; all three are PEM files
    .long =
        --tls-cert is a chain of certificates, the service's own first; --tls-key is its private key; --client-ca has the
        authorities whose certificates a client may show. "why" says what is wrong with which of them. Nothing is served.
