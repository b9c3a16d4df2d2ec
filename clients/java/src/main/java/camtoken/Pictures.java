package camtoken;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pictures of failed scans, in the folder {@code camtoken-pictures} of the build's own. */
final class Pictures {
    private Pictures() {}

    /** Keeps a picture; null where that cannot be done, for it is only to help. */
    static Path save(String name, byte[] picture, String ending) {
        try {
            Path build = Files.isDirectory(Path.of("build")) ? Path.of("build") : Path.of("target");
            Path folder = Files.createDirectories(build.resolve("camtoken-pictures"));
            return Files.write(Files.createTempFile(folder, name + "-", ending), picture);
        } catch (IOException error) {
            return null;
        }
    }
}
