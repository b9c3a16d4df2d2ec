package camtoken;

import java.util.Locale;

/** The three buttons. */
public enum Button {
    /** Goes back. */
    LEFT,
    /** Goes to the next entry; held, it switches on and off. */
    CENTER,
    /** Approves, and goes on. */
    RIGHT;

    String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
