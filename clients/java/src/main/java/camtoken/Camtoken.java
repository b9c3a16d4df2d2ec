package camtoken;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openqa.selenium.WebElement;

/** A service: started for a test run, or one that runs already. */
public final class Camtoken implements AutoCloseable {
    private static final List<String> SERVE =
            List.of("serve", "--json", "--port", "0", "--emulator", "--accept-test-keys", "--end-with-stdin", "--log", "warn");

    private static final long AGAIN_MILLIS = 150;

    private final Http http;
    private final Runnable end;

    private Camtoken(Http http, Runnable end) {
        this.http = http;
        this.end = end;
    }

    /**
     * Uses the service of {@code CAMTOKEN_URL} (or the property {@code camtoken.url}), or starts one, which ends with this process, however
     * that ends. The binary is {@code CAMTOKEN_BIN} (or {@code camtoken.bin}), or {@code camtoken} on the path.
     */
    public static Camtoken start() {
        Optional<String> url = setting("url");
        return url.isPresent() ? at(url.get()) : start(program(setting("bin").orElse(null)));
    }

    /** Uses the service at an address, and leaves it running. */
    public static Camtoken at(String url) {
        return new Camtoken(new Http(url, setting("api.key").orElse(null)), () -> {});
    }

    /** Starts a service from a binary. */
    public static Camtoken start(Path program) {
        try {
            Path dir = Files.createTempDirectory("camtoken-");
            Path complaints = dir.resolve("complaints");
            List<String> command = new ArrayList<>(List.of(program.toString()));
            command.addAll(SERVE);
            command.addAll(List.of("--state-dir", dir.resolve("state").toString()));
            ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile()).redirectError(complaints.toFile());
            // A configuration of its own: a developer's own tokens and records stay out of the tests.
            builder.environment().keySet().removeIf(name -> name.startsWith("CAMTOKEN_"));
            builder.environment().putAll(Map.of("CAMTOKEN_LANG", "en", "XDG_CONFIG_HOME", dir.toString()));
            Process child;
            try {
                child = builder.start();
            } catch (IOException error) {
                remove(dir);
                throw new CamtokenException(program + " did not start: " + error.getMessage() + "\n  hint  CAMTOKEN_BIN is the path of the binary `camtoken`.", error);
            }
            Runnable end =
                    () -> {
                        ended(child);
                        remove(dir);
                    };
            try {
                return new Camtoken(new Http(listening(child, program, complaints), null), end);
            } catch (RuntimeException error) {
                child.destroyForcibly();
                end.run();
                throw error;
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** Its address, for what is no Java. */
    public String url() {
        return http.url;
    }

    /** The verifier. */
    public Verifier verifier() {
        return new Verifier(http);
    }

    /** Opens a session. */
    public Session session() {
        return session(SessionOptions.usual());
    }

    /** Opens a session in another way. */
    public Session session(SessionOptions options) {
        String id = http.object("POST", "/v1/sessions", Json.write(options.wire())).get("id").getAsString();
        return new Session(http, "/v1/sessions/" + id);
    }

    /** Grades a picture of a code as a camera would see it; {@code minGrade} is A, B, C, D or F. */
    public Lint lint(byte[] picture, String minGrade) {
        return lint(picture, LintOptions.atLeast(minGrade));
    }

    /** As {@link #lint(byte[], String)}, of a picture whose ratio is known. */
    public Lint lint(byte[] picture, LintOptions options) {
        Map<String, Object> query = new HashMap<>(Map.of("minGrade", options.minGrade(), "overlay", "svg"));
        if (options.ratio() != null) {
            query.put("dpr", options.ratio());
        }
        return Json.read(http.picture(Http.query("/v1/lint", query), picture), Lint.class);
    }

    /** Asserts that a camera would read the code of an element, or says what to change on the page. It looks again for 5 s. */
    public void assertScannable(WebElement element, String minGrade) {
        assertScannable(element, LintOptions.atLeast(minGrade));
    }

    /** As {@link #assertScannable(WebElement, String)}, in another way. */
    public void assertScannable(WebElement element, LintOptions options) {
        assertScannable(Camera.of(element), options);
    }

    /** Asserts that a camera would read the code in a picture. */
    public void assertScannable(byte[] picture, String minGrade) {
        assertScannable(picture, LintOptions.atLeast(minGrade));
    }

    /** As {@link #assertScannable(byte[], String)}, in another way. */
    public void assertScannable(byte[] picture, LintOptions options) {
        assertScannable(Camera.of(picture), options);
    }

    /** Ends the service, if it was started here. */
    @Override
    public void close() {
        end.run();
    }

    private void assertScannable(Camera camera, LintOptions options) {
        long begin = System.nanoTime();
        for (int looks = 1; ; looks++) {
            byte[] picture = camera.take();
            Double ratio = options.ratio() == null ? camera.ratio() : options.ratio();
            Lint lint = lint(picture, ratio == null ? options : options.withRatio(ratio));
            boolean isGood = lint.grade().compareTo(options.minGrade()) <= 0;
            if (lint.passed() || (options.several() && isGood)) {
                return;
            }
            long millis = (System.nanoTime() - begin) / 1_000_000;
            if (camera.isLive && millis + AGAIN_MILLIS < options.timeout().toMillis()) {
                Wait.millis(AGAIN_MILLIS);
                continue;
            }
            if (!lint.measures().isEmpty()) {
                Path saved = Pictures.save("lint", lint.overlay().getBytes(StandardCharsets.UTF_8), ".svg");
                throw new AssertionError(lint + (saved == null ? "" : "\n  saved    " + saved));
            }
            Sight sight = new Sight(camera, picture, looks, millis);
            List<String> lines = new ArrayList<>();
            lines.add(sight.cause() == null ? lint.toString() : "Grade F, at least " + options.minGrade() + " is wanted");
            lines.addAll(sight.lines());
            if (sight.cause() != null) {
                lines.add("  hint     " + sight.cause());
            }
            throw new AssertionError(String.join("\n", lines));
        }
    }

    private static Optional<String> setting(String name) {
        String variable = System.getenv("CAMTOKEN_" + name.toUpperCase(java.util.Locale.ROOT).replace('.', '_'));
        return Optional.ofNullable(System.getProperty("camtoken." + name, variable)).filter(value -> !value.isEmpty());
    }

    private static Path program(String given) {
        Stream<Path> places =
                given != null
                        ? Stream.of(Path.of(given))
                        : Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator)).flatMap(dir -> Stream.of(Path.of(dir, "camtoken"), Path.of(dir, "camtoken.exe")));
        Optional<Path> found = places.filter(path -> Files.isRegularFile(path) && Files.isExecutable(path)).findFirst();
        return found.orElseThrow(
                        () ->
                                new CamtokenException(
                                        given == null
                                                ? "the program `camtoken` is not on the path\n  hint  Install it, set CAMTOKEN_BIN to its path, or set CAMTOKEN_URL to a service that runs."
                                                : given + " is not a program\n  hint  CAMTOKEN_BIN is the path of the binary `camtoken`."))
                .toAbsolutePath();
    }

    /** Waits for the line that says where it listens. */
    private static String listening(Process child, Path program, Path complaints) {
        InputStream output = child.getInputStream();
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> firstLine(output));
        String said = line.completeOnTimeout("", 30, TimeUnit.SECONDS).join();
        if (said.startsWith("{\"schema\":\"camtoken/listening/1\"")) {
            return Json.object(said.getBytes(StandardCharsets.UTF_8)).get("url").getAsString();
        }
        child.destroy();
        String told = (said + complained(complaints)).strip();
        // What camtoken complains of, it says; another program has other things to say.
        String hint = "\n  hint  Is it camtoken? `" + program + " --version` tells. CAMTOKEN_BIN is the path of the binary `camtoken`.";
        throw new CamtokenException(
                program + " serve did not say where it listens" + (told.isEmpty() ? "" : "\n" + told) + (told.contains("error[CT-") ? "" : hint));
    }

    private static String firstLine(InputStream output) {
        try {
            StringBuilder line = new StringBuilder();
            for (int next = output.read(); next >= 0 && next != '\n' && line.length() < 4_000; next = output.read()) {
                line.append((char) next);
            }
            return line.toString();
        } catch (IOException error) {
            return "";
        }
    }

    private static String complained(Path complaints) {
        try {
            return "\n" + Files.readString(complaints);
        } catch (IOException error) {
            return "";
        }
    }

    /** Lets the service end by itself; it is ended when it does not. */
    private static void ended(Process child) {
        try {
            child.getOutputStream().close();
            if (!child.waitFor(15, TimeUnit.SECONDS)) {
                child.destroyForcibly().waitFor();
            }
        } catch (IOException error) {
            child.destroyForcibly();
        } catch (InterruptedException error) {
            child.destroyForcibly();
            throw Wait.interrupted(error);
        }
    }

    private static void remove(Path dir) {
        try (Stream<Path> all = Files.walk(dir)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException error) {
            // A temporary folder that is left behind harms nothing.
        }
    }
}
