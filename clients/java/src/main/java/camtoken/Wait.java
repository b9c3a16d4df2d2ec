package camtoken;

/** Waiting, which may be interrupted. */
final class Wait {
    private Wait() {}

    static void millis(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException error) {
            throw interrupted(error);
        }
    }

    static CamtokenException interrupted(InterruptedException error) {
        Thread.currentThread().interrupt();
        return new CamtokenException("interrupted", error);
    }
}
