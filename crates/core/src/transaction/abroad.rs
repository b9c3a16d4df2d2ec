//! Accounts, banks and countries abroad, in the one spelling that is signed: IBAN (ISO 13616, check digits by ISO 7064), BIC
//! (ISO 9362), country codes (ISO 3166-1).

use alloc::string::String;

/// An account in its canonical spelling: an IBAN in capitals without blanks; the number of a country without IBANs as it is.
///
/// A text that begins like an IBAN, with the two letters of a country that has them and two digits, is one or is refused. `None` if
/// its length or its check digits are wrong.
pub(super) fn account(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|character| *character != ' ').collect();
    let iban = compact.to_ascii_uppercase();
    let named = iban.strip_prefix("IBAN").map(|rest| rest.trim_start_matches(':'));
    let iban = named.unwrap_or(&iban);
    match iban_length(iban) {
        Some(length) if iban.len() == length && has_check_digits(iban) => Some(iban.into()),
        Some(_) => None,
        None if named.is_some() => None,
        None => Some(text.into()),
    }
}

/// A BIC in capitals, the branch `XXX` of a head office left out.
pub(super) fn bic(text: &str) -> Option<String> {
    let bic = text.to_ascii_uppercase();
    let fits =
        matches!(bic.len(), 8 | 11) && bic.bytes().all(|byte| byte.is_ascii_alphanumeric()) && is_country(&bic[4..6]);
    fits.then(|| bic.strip_suffix("XXX").filter(|office| office.len() == 8).unwrap_or(&bic).into())
}

/// A country in capitals.
pub(super) fn country(text: &str) -> Option<String> {
    let country = text.to_ascii_uppercase();
    is_country(&country).then_some(country)
}

fn is_country(code: &str) -> bool {
    COUNTRIES.split(' ').any(|country| country == code)
}

/// How long an IBAN with this beginning is, if it is the beginning of one.
fn iban_length(text: &str) -> Option<usize> {
    let (country, digits) = (text.get(..2)?, text.get(2..4)?);
    let is_beginning = digits.bytes().all(|byte| byte.is_ascii_digit());
    let entry = IBAN_LENGTHS.split(' ').find(|entry| entry.starts_with(country))?;
    entry[2..].parse().ok().filter(|_| is_beginning)
}

/// ISO 7064, MOD 97-10: the first four characters behind the others, a letter as two digits from A = 10 on; the rest is 1.
fn has_check_digits(iban: &str) -> bool {
    let digit = |rest: u32, byte: u8| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    };
    let (head, tail) = iban.as_bytes().split_at(4);
    let rest = tail.iter().chain(head).try_fold(0, |rest, byte| digit(rest, *byte));
    // 00, 01 and 99 leave the same rests as 97, 98 and 02, and are no check digits.
    rest == Some(1) && !matches!(&iban[2..4], "00" | "01" | "99")
}

/// The lengths of IBANs by country: IBAN Registry of SWIFT, the registration authority of ISO 13616.
const IBAN_LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 \
    DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 \
    KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 \
    QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// ISO 3166-1 alpha-2, and XK, which ISO leaves to users and banks use for Kosovo.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV \
    BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG \
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX \
    MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG \
    VI VN VU WF WS XK YE YT ZA ZM ZW";
