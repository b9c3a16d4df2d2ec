/* Intel's ipsec-mb in its quickest way: the keys' two states made beforehand, and a burst of HMACs in one call. Beside it a
 * way to ask at build time whether the library is there: this file compiles or it does not. */

#include <intel-ipsec-mb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 256, BURST = IMB_MAX_BURST_SIZE };

struct ipsec {
    IMB_MGR *manager;
    IMB_JOB jobs[BURST];
    uint8_t tags[BURST][32];
    /* The library reads the states in whole registers. */
    _Alignas(16) uint8_t inner[KEYS][32];
    _Alignas(16) uint8_t outer[KEYS][32];
};

/* `keys` are KEYS times 32 bytes. NULL when the library does not know the processor. */
struct ipsec *ipsec_new(int avx512, const uint8_t *keys)
{
    struct ipsec *this = aligned_alloc(64, (sizeof(*this) + 63) / 64 * 64);
    IMB_MGR *manager = alloc_mb_mgr(0);

    if (this == NULL || manager == NULL)
        return NULL;
    if (avx512)
        init_mb_mgr_avx512(manager);
    else
        init_mb_mgr_sse(manager);
    if (imb_get_errno(manager) != 0)
        return NULL;
    memset(this, 0, sizeof(*this));
    this->manager = manager;
    for (int key = 0; key < KEYS; key++) {
        uint8_t pad[64];

        for (int i = 0; i < 64; i++)
            pad[i] = (i < 32 ? keys[32 * key + i] : 0) ^ 0x36;
        IMB_SHA256_ONE_BLOCK(manager, pad, this->inner[key]);
        for (int i = 0; i < 64; i++)
            pad[i] ^= 0x36 ^ 0x5c;
        IMB_SHA256_ONE_BLOCK(manager, pad, this->outer[key]);
    }
    return this;
}

/* The HMAC of each message, `len` bytes each, by the keys from the first one on. `count` is BURST at most. */
const uint8_t *ipsec_macs(struct ipsec *this, const uint8_t *messages, size_t len, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        IMB_JOB *job = &this->jobs[i];

        job->src = messages + i * len;
        job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_hash_in_bytes = len;
        job->auth_tag_output = this->tags[i];
        job->auth_tag_output_len_in_bytes = 32;
        job->u.HMAC._hashed_auth_key_xor_ipad = this->inner[i % KEYS];
        job->u.HMAC._hashed_auth_key_xor_opad = this->outer[i % KEYS];
        job->hash_alg = IMB_AUTH_HMAC_SHA_256;
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
    }
    if (IMB_SUBMIT_HASH_BURST_NOCHECK(this->manager, this->jobs, count, IMB_AUTH_HMAC_SHA_256) != count)
        return NULL;
    return this->tags[0];
}
