use super::*;

fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<_> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("two digits");
    digits.chunks(2).map(byte).collect()
}

fn unwrapped<C: KeyInit + BlockCipherDecrypt>(key: &str, wrapped: &[u8]) -> Option<Vec<u8>> {
    unwrap_key::<C>(&unhex(key), wrapped).ok().map(|plain| plain.to_vec())
}

/// RFC 3394, sections 4.1, 4.4 and 4.6; RFC 5649, section 6.
#[test]
fn key_wrap_is_that_of_the_standards() {
    const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const KEY_192: &str = "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8";
    let wrapped = unhex("1FA68B0A8112B447 AEF34BD8FB5A7B82 9D3E862371D2CFE5");
    let plain = Some(unhex("00112233445566778899aabbccddeeff"));
    assert_eq!(unwrapped::<Aes128>(&KEY_256[..32], &wrapped), plain);
    let wrapped = unhex("031D33264E15D332 68F24EC260743EDC E1C6C7DDEE725A93 6BA814915C6762D2");
    let plain = Some(unhex("00112233445566778899aabbccddeeff0001020304050607"));
    assert_eq!(unwrapped::<Aes192>(&KEY_256[..48], &wrapped), plain);
    let wrapped = unhex("28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B FB988B9B7A02DD21");
    let plain = Some(unhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"));
    assert_eq!(unwrapped::<Aes256>(KEY_256, &wrapped), plain);
    let wrapped = unhex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
    let plain = Some(unhex("c37b7e6492584340bed12207808941155068f738"));
    assert_eq!(unwrapped::<Aes192>(KEY_192, &wrapped), plain);
    let wrapped = unhex("afbeb0f07dfbf5419200f2ccb50bb24f");
    assert_eq!(unwrapped::<Aes192>(KEY_192, &wrapped), Some(unhex("466f7250617369")));
}

#[test]
fn an_altered_wrapped_key_does_not_open() {
    const KEY: &str = "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8";
    let wrapped = unhex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
    for bit in 0..8 * wrapped.len() {
        let mut altered = wrapped.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(unwrapped::<Aes192>(KEY, &altered), None, "bit {bit}");
    }
    for len in 0..wrapped.len() {
        assert_eq!(unwrapped::<Aes192>(KEY, &wrapped[..len]), None, "{len} bytes");
    }
}
