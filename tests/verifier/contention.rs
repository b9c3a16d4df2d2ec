//! What happens when other requests are faster every time: each step gives up after the same number of tries.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

/// A store in which every replacement is a conflict, or every one of a record that does not exist yet.
struct Conflicting {
    store: Arc<MemoryStore>,
    only_new: bool,
    replacements: AtomicUsize,
}

impl Store for Conflicting {
    forward!(load list audit_page);

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        if self.only_new && expected != Revision::ABSENT {
            return self.store.replace(id, expected, change).await;
        }
        self.replacements.fetch_add(1, Ordering::Relaxed);
        Ok(Replaced::Conflict)
    }
}

/// What a step may be about: everything that a bank can have in its store.
struct Scene {
    /// All replacements are conflicts.
    verifier: Verifier<Conflicting>,
    active: ActivationId,
    open: ChallengeRef,
    response: String,
    accepted: ChallengeRef,
    suspended: ActivationId,
    time_based: (ActivationId, String),
    first: Enrollment,
    second: ActivationId,
}

fn conflicting(store: &Arc<MemoryStore>, only_new: bool) -> Verifier<Conflicting> {
    verifier(Conflicting { store: Arc::clone(store), only_new, replacements: AtomicUsize::new(0) }, test_policy())
}

impl Scene {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let pair = Pair::new(Arc::clone(&store), test_policy());
        let verifier = &pair.verifier;
        let enroll = || block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng())).expect("a free place");

        let (time_based, secret) =
            block_on(verifier.enroll_time_based(subscriber(), NOW, &mut rng())).expect("the store answers");
        let password = Totp::default().respond(&secret, NOW).expose_str().to_owned();
        let (settled, _, _) = register(verifier);
        block_on(verifier.suspend(settled, NOW)).expect("it is active");

        let second = enroll();
        let code = device_code(&second);
        let made =
            block_on(verifier.second_code(second.activation, &code, AttemptId::generate(&mut rng()), NOW, &mut rng()));
        assert!(matches!(made, Ok(Step::Done(_))), "{made:?}");

        let accepted_pair = {
            let (activation, key, suite) = register(verifier);
            Pair { verifier: super::verifier(Arc::clone(&store), test_policy()), activation, key, suite }
        };
        let (accepted, response) = accepted_pair.issue("1", NOW);
        assert!(accepted_pair.verify(accepted, &response, NOW).is_accepted());
        let (open, response) = pair.issue("1", NOW);
        Self {
            verifier: conflicting(&store, false),
            active: pair.activation,
            open,
            response,
            accepted,
            suspended: settled,
            time_based: (time_based, password),
            first: enroll(),
            second: second.activation,
        }
    }
}

/// The device code that the token shows for a first code.
fn device_code(first: &Enrollment) -> String {
    let asked = open_first(&read(&first.code), &device_key()).expect("sealed for this token");
    asked.device_code(&device_key(), "123456".parse().expect("six digits")).expose_digits()
}

fn undecided(error: EnrollError) -> VerifierError {
    match error {
        EnrollError::Verifier(error) => error,
        other => panic!("{other}"),
    }
}

/// Runs a step to its end and throws away what it gives.
fn run<T, E>(step: impl Future<Output = Result<T, E>>, undecided: fn(E) -> VerifierError) -> Result<(), VerifierError> {
    block_on(step).map(drop).map_err(undecided)
}

#[test]
fn each_step_gives_up_after_the_same_number_of_conflicts() {
    type Act = fn(&Scene) -> Result<(), VerifierError>;
    let acts: [(&str, Act); 17] = [
        ("register", |s| run(s.verifier.register(&token_id(), &device_key(), true, NOW, &mut rng()), undecided)),
        ("enroll", |s| run(s.verifier.enroll(&token_id(), subscriber(), NOW, &mut rng()), undecided)),
        ("enroll time-based", |s| run(s.verifier.enroll_time_based(subscriber(), NOW, &mut rng()), undecided)),
        ("second code", |s| {
            let (attempt, code) = (AttemptId::generate(&mut rng()), device_code(&s.first));
            run(s.verifier.second_code(s.first.activation, &code, attempt, NOW, &mut rng()), undecided)
        }),
        ("confirm", |s| run(s.verifier.confirm(s.second, "00000000", AttemptId::generate(&mut rng()), NOW), undecided)),
        ("issue", |s| {
            run(s.verifier.issue(s.active, transfer("1"), None, NOW, &mut rng()), |error| match error {
                IssueError::Verifier(error) => error,
                other => panic!("{other}"),
            })
        }),
        ("verify", |s| {
            run(s.verifier.verify(s.open, &s.response, AttemptId::generate(&mut rng()), NOW), |error| error)
        }),
        ("verify time-based", |s| {
            let (activation, password) = &s.time_based;
            run(s.verifier.verify_password(*activation, password, AttemptId::generate(&mut rng()), NOW), |error| error)
        }),
        ("settled", |s| run(s.verifier.settled(s.accepted, NOW), |error| error)),
        ("withdraw", |s| run(s.verifier.withdraw(s.open, NOW), |error| error)),
        ("suspend", |s| run(s.verifier.suspend(s.active, NOW), undecided)),
        ("resume", |s| run(s.verifier.resume(s.suspended, NOW), undecided)),
        ("reset", |s| run(s.verifier.reset(s.second, NOW), undecided)),
        ("revoke", |s| run(s.verifier.revoke(s.active, NOW), undecided)),
        ("revoke token", |s| run(s.verifier.revoke_token(&token_id(), NOW), undecided)),
        ("void", |s| run(s.verifier.expire_open(NOW), |error| error)),
        ("rewrap", |s| run(s.verifier.rewrap(&mut rng()), |error| error)),
    ];
    let scene = Scene::new();
    let tries: Vec<usize> = acts
        .iter()
        .map(|(name, act)| {
            let outcome = act(&scene);
            assert!(matches!(outcome, Err(VerifierError::Contention)), "{name}: {outcome:?}");
            scene.verifier.store().replacements.swap(0, Ordering::Relaxed)
        })
        .collect();
    // To register a token is one try more: that it is new is tried before.
    assert_eq!(tries[0], tries[1] + 1);
    assert!(tries[1..].iter().all(|tries| *tries == 10_000), "{tries:?}");
}

/// The token's record is replaced, and then the new activation is there already, every time.
#[test]
fn a_registration_gives_up_when_no_activation_is_new() {
    let scene = Scene::new();
    let verifier = conflicting(&scene.verifier.store().store, true);
    let enrolled = block_on(verifier.enroll(&token_id(), subscriber(), NOW, &mut rng()));
    assert!(matches!(enrolled, Err(EnrollError::Verifier(VerifierError::Contention))), "{enrolled:?}");
    // Soon all of the three free places are reserved, and each try closes them first.
    let conflicts = verifier.store().replacements.load(Ordering::Relaxed);
    assert!((10_000..=30_000).contains(&conflicts), "each try is counted: {conflicts}");
}

/// Nothing in the store ever waits; still other tasks of the executor get their turn.
#[test]
fn other_tasks_run_between_two_tries() {
    let scene = Scene::new();
    let mut revoking = pin!(scene.verifier.revoke(scene.active, NOW));
    let mut context = Context::from_waker(Waker::noop());
    for tries in 1..=3 {
        assert!(matches!(revoking.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!(scene.verifier.store().replacements.load(Ordering::Relaxed), tries);
    }
}
