//! Basic auth: whether a name and a password belong together, in a time that does not tell whether
//! there is a user of that name.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::file::User;

/// A hash is dear by design, so what came of it is kept, of so many pairs that are right, and of so
/// many that are wrong: guesses push out guesses alone.
const REMEMBERED: usize = 128;

/// So many requests may wait for their password to be checked. Beyond, guessing would hold
/// connections that others need.
const MAX_WAITING: usize = 8;

/// May this request be answered?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Welcome,
    /// No credentials, or wrong ones: 401.
    Unknown,
    /// Too many passwords are waiting to be checked: 503.
    Busy,
}

/// Checks credentials, one password at a time, and remembers the verdicts.
pub(crate) struct Guard {
    /// Without it, what is remembered could not be turned back into passwords by trying.
    key: [u8; 32],
    remembered: Mutex<Remembered>,
    turn: Mutex<()>,
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Remembered {
    right: VecDeque<Pair>,
    wrong: VecDeque<Pair>,
}

/// A name, a password and a hash, as one keyed digest.
type Pair = [u8; 32];

impl Guard {
    /// # Errors
    ///
    /// The system has no random bytes.
    pub(crate) fn new() -> Result<Self, String> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| format!("no random bytes: {error}"))?;
        let (remembered, turn, waiting) = Default::default();
        Ok(Self { key, remembered, turn, waiting })
    }

    /// Judges the value of an `Authorization` header. Without users everybody is welcome.
    pub(crate) fn judge(&self, users: &[User], authorization: Option<&str>) -> Verdict {
        if users.is_empty() {
            return Verdict::Welcome;
        }
        let Some((name, password)) = authorization.and_then(credentials) else {
            return Verdict::Unknown;
        };
        let user = users.iter().find(|user| user.name.as_bytes() == name);
        let hash = user.map_or_else(|| self.stand_in(users, &name), |user| user.hash.clone());
        let pair = self.digest(&[&name, &password, hash.as_bytes()]);
        if let Some(verdict) = lock(&self.remembered).verdict(&pair) {
            return verdict;
        }
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let verdict = if waiting < MAX_WAITING {
            self.check(pair, &password, &hash, user.is_some())
        } else {
            Verdict::Busy
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        verdict
    }

    fn check(&self, pair: Pair, password: &[u8], hash: &str, is_user: bool) -> Verdict {
        let _turn = lock(&self.turn);
        // Perhaps somebody has just asked the same: a scraper with several connections.
        if let Some(verdict) = lock(&self.remembered).verdict(&pair) {
            return verdict;
        }
        let is_right = bcrypt::verify(password, hash).unwrap_or(false) & is_user;
        let mut remembered = lock(&self.remembered);
        let Remembered { right, wrong } = &mut *remembered;
        let (pairs, verdict) =
            if is_right { (right, Verdict::Welcome) } else { (wrong, Verdict::Unknown) };
        pairs.truncate(REMEMBERED - 1);
        pairs.push_front(pair);
        verdict
    }

    /// A hash that costs what a user's would; the same for the same name, as a user's is.
    fn stand_in(&self, users: &[User], name: &[u8]) -> String {
        let [first, second, ..] = self.digest(&[name]);
        let picked = usize::from(u16::from_be_bytes([first, second])) % users.len();
        // Salt and digest are all zeros.
        format!("$2b${:02}${:.<53}", users[picked].cost, "")
    }

    fn digest(&self, parts: &[&[u8]]) -> Pair {
        let mut digest = Sha256::new_with_prefix(self.key);
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }
}

impl Remembered {
    fn verdict(&self, pair: &Pair) -> Option<Verdict> {
        if self.right.contains(pair) {
            Some(Verdict::Welcome)
        } else {
            self.wrong.contains(pair).then_some(Verdict::Unknown)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Name and password out of `Basic …`.
fn credentials(authorization: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut name = STANDARD.decode(encoded.trim()).ok()?;
    let colon = name.iter().position(|&byte| byte == b':')?;
    let password = name.split_off(colon + 1);
    name.pop();
    Some((name, password))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn user(name: &str, password: &str, cost: u32) -> User {
        let hash = bcrypt::hash(password, cost).unwrap();
        User { name: name.to_owned(), hash, cost }
    }

    fn basic(name: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
    }

    #[test]
    fn a_name_and_its_password_are_welcome_and_nothing_else() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4), user("bob", "t:w:o", 4), user("长", "密码", 4)];
        let judge = |header: &str| guard.judge(&users, Some(header));
        // Twice: the second time from memory.
        for _ in 0..2 {
            assert_eq!(judge(&basic("alice", "one")), Verdict::Welcome);
            assert_eq!(judge(&basic("bob", "t:w:o")), Verdict::Welcome);
            assert_eq!(judge(&basic("长", "密码")), Verdict::Welcome);
            assert_eq!(judge(&basic("alice", "one").replace("Basic", "bAsIc")), Verdict::Welcome);
            for (name, password) in
                [("alice", "t:w:o"), ("bob", "one"), ("carol", "one"), ("alice", ""), ("", "")]
            {
                assert_eq!(judge(&basic(name, password)), Verdict::Unknown, "{name}:{password}");
            }
            let odd = STANDARD.encode("alice");
            for header in ["", "Basic", "Basic !", "Bearer abc", &format!("Basic {odd}")] {
                assert_eq!(judge(header), Verdict::Unknown, "{header}");
            }
            assert_eq!(guard.judge(&users, None), Verdict::Unknown);
        }
        assert_eq!(guard.judge(&[], None), Verdict::Welcome);
    }

    #[test]
    fn all_versions_of_bcrypt_are_the_same() {
        let guard = Guard::new().unwrap();
        let hash = user("alice", "one", 4).hash;
        for version in ["$2a$", "$2b$", "$2y$"] {
            let hash = hash.replace("$2b$", version);
            let users = [User { name: "alice".to_owned(), hash, cost: 4 }];
            assert_eq!(guard.judge(&users, Some(&basic("alice", "one"))), Verdict::Welcome);
        }
    }

    #[test]
    fn a_verdict_holds_for_its_hash_alone() {
        let guard = Guard::new().unwrap();
        let header = basic("alice", "one");
        assert_eq!(guard.judge(&[user("alice", "one", 4)], Some(&header)), Verdict::Welcome);
        assert_eq!(guard.judge(&[user("alice", "two", 4)], Some(&header)), Verdict::Unknown);
    }

    #[test]
    fn memory_is_bounded_and_guesses_do_not_push_out_users() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4)];
        guard.judge(&users, Some(&basic("alice", "one")));
        for guess in 0..REMEMBERED + 10 {
            guard.judge(&users, Some(&basic("alice", &guess.to_string())));
        }
        let remembered = lock(&guard.remembered);
        assert_eq!((remembered.right.len(), remembered.wrong.len()), (1, REMEMBERED));
    }

    #[test]
    fn an_unknown_name_takes_as_long_as_a_known_one() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 8)];
        let fastest = |name: &str| {
            let time = |guess: usize| {
                let header = basic(name, &guess.to_string());
                let begun = Instant::now();
                assert_eq!(guard.judge(&users, Some(&header)), Verdict::Unknown);
                begun.elapsed()
            };
            (0..10).map(time).min().unwrap_or(Duration::ZERO)
        };
        let (known, unknown) = (fastest("alice"), fastest("carol"));
        // Without the stand-in it would be a thousandth; a busy machine makes it uneven.
        assert!(unknown > known / 10, "{known:?} and {unknown:?}");
    }

    #[test]
    fn the_stand_in_is_a_hash_of_a_users_cost() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4), user("bob", "two", 5)];
        let mut costs: Vec<_> = (0..64)
            .map(|name: u32| guard.stand_in(&users, &name.to_be_bytes()))
            .map(|hash| hash.parse::<bcrypt::HashParts>().unwrap().get_cost())
            .collect();
        costs.sort_unstable();
        costs.dedup();
        assert_eq!(costs, [4, 5]);
        assert_eq!(guard.stand_in(&users, b"carol"), guard.stand_in(&users, b"carol"));
    }

    #[test]
    fn only_so_many_wait() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4)];
        guard.judge(&users, Some(&basic("alice", "one")));
        guard.waiting.store(MAX_WAITING, Ordering::Relaxed);
        assert_eq!(guard.judge(&users, Some(&basic("alice", "two"))), Verdict::Busy);
        // Who is known already does not wait.
        assert_eq!(guard.judge(&users, Some(&basic("alice", "one"))), Verdict::Welcome);
    }
}
