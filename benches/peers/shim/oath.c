/* Says whether OATH Toolkit's library is there: it compiles or it does not. */

#include <liboath/oath.h>

int oath_is_there(void)
{
    return oath_check_version(OATH_VERSION) != 0;
}
