//! PowerAuth.

use camtoken_core::language::Language;
use camtoken_core::seeded::Seeded;
use camtoken_formats::powerauth::{Device, Keys};
use camtoken_formats::{Account, AccountName, Accounts, Kind, NO_TRANSACTION, Received, Refusal, Secret};
use camtoken_oath::{Key, Timestamp};

use super::receive;

/// The keys, the operations and the digits are by Python's `cryptography`, from the documents.
#[test]
fn powerauth_operations_are_verified_shown_and_answered() {
    let public = base16ct::lower::decode_vec("04cc44631e3223a068c59b65d7d8f8df9c8523ed8f5da20e6c03eacbd62241d5197cc5c67f390856e81d52c0aecdd60d996baaf1321bc7aba63fe6119426a61d39").unwrap();
    let payment = "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6\nPayment\nPlease confirm this payment\nA1*A100CZK*ICZ2730300000001165254011*D20180425*Nza pivo \\* rum\nBF\nAAECAwQFBgcICQoLDA0ODw==\n1MEQCICusy1A3ZIW3Or9nXMYAKjjfEo62QxnHcVSYslntbkpoAiBdNCU18Ni1MarNI79Q2hwr5tCUjYvVtmXXrW8e2TbRbQ==";
    let login = "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6\n\n\nA2\n\n12345678\nAAECAwQFBgcICQoLDA0ODw==\n0MEUCIQDiZQfDPKVex568ntx2KSBZdwnwP/fmQcJj8ICfQF90ZAIgMB7T2CtuFtKhrJuobcd/Rp8jIVWCnejtmccso229VF0=";
    let (possession, knowledge): (Vec<u8>, Vec<u8>) = ((0..16).collect(), (16..32).collect());
    let counter: Vec<u8> = (32..48).collect();
    let device = |server: Option<&[u8]>| {
        let knowledge = Secret::hidden(&Key::new(knowledge.clone()), "2580", &mut Seeded::new("pin")).unwrap();
        let keys = Keys {
            possession: &possession,
            knowledge,
            counter: &counter,
            master_public: Some(&public),
            server_public: server,
        };
        Device::new(keys).unwrap()
    };
    let name = AccountName::new("Example Bank", "taro");
    let mut accounts = Accounts::default();
    assert!(matches!(receive(&accounts, payment), Err(Refusal::NoAccount { .. })));
    accounts.keep(vec![Account::power_auth(name.clone(), device(Some(&public)))]).unwrap();

    let altered = payment.replace("A100CZK", "A900CZK");
    assert!(matches!(receive(&accounts, &altered), Err(Refusal::Seal)));
    let Received::Login(asked) = receive(&accounts, payment).unwrap() else { panic!("a question") };
    assert_eq!(asked.shown().warning.map(|it| it.en), Some("The bank suspects fraud"));
    assert_eq!(asked.shown().values("amount").collect::<Vec<_>>(), ["100 CZK"]);
    assert_eq!(asked.shown().values("account").collect::<Vec<_>>(), ["CZ2730300000001165254011"]);
    assert_eq!(asked.shown().values("date").collect::<Vec<_>>(), ["2018-04-25"]);
    assert_eq!(asked.shown().values("note").collect::<Vec<_>>(), ["za pivo * rum"]);
    let answered = asked.approve(&mut accounts, Some("2580"), Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.expose_response(), "44728093-93124779");
    assert_eq!(*answered.expose_grouped(), "4472-8093-9312-4779");

    let mut accounts = Accounts::from_json(&accounts.expose_json()).unwrap();
    let Received::Login(asked) = receive(&accounts, login).unwrap() else { panic!("a question") };
    assert_eq!(asked.shown().warning, Some(NO_TRANSACTION));
    assert_eq!(asked.shown().values("title").collect::<Vec<_>>(), ["Login request"]);
    let answered = asked.approve(&mut accounts, Some("2580"), Timestamp::default(), Language::En).unwrap();
    assert_eq!(answered.expose_response(), "90740758-38729676");
    let said = format!("{accounts:?}");
    assert!(!said.contains("255, 250") && !said.contains("dffa"), "the counter is not told: {said}");
    let Kind::PowerAuth(device) = &accounts.get(&name).unwrap().kind else { panic!("a device") };
    assert_eq!(base16ct::lower::encode_string(&*device.counter), "dffafe13f1e46935c8ccbbc724ddc633");
}

#[test]
fn a_device_needs_keys_of_the_right_form() {
    let point = [4; 65];
    let keys = |possession: &'static [u8], server: Option<&'static [u8]>| Keys {
        possession,
        knowledge: Secret::clear(Key::new(vec![1; 16])),
        counter: &[3; 16],
        master_public: server,
        server_public: None,
    };
    let short = Keys { knowledge: Secret::clear(Key::new(vec![1; 15])), ..keys(&[1; 16], None) };
    assert!(Device::new(short).unwrap_err().to_string().starts_with("the knowledge key"));
    let said = format!("{:?}", keys(&[97; 16], None));
    assert!(!said.contains("97") && !said.contains('3'), "{said}");
    assert!(Device::new(keys(&[1; 15], None)).unwrap_err().to_string().starts_with("the possession key"));
    assert!(Device::new(keys(&[1; 16], None)).unwrap_err().to_string().starts_with("the server's public key"));
    assert!(Device::new(keys(&[1; 16], Some(&[4; 65]))).is_err(), "{point:?} is no point of the curve");
}
