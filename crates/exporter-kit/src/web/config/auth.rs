//! Basic auth: checks names and passwords, in a time that does not reveal whether a user of that
//! name exists.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::file::User;

/// Number of results to remember for valid and for invalid credentials each, since hashing is
/// expensive by design. The two are separate so that guesses evict only other guesses.
const REMEMBERED: usize = 128;

/// The result of authenticating a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthResult {
    Allowed,
    /// Missing or wrong credentials: 401.
    Denied,
    /// Too many password checks are pending: 503.
    Busy,
}

/// Checks credentials and remembers the results.
pub(crate) struct Guard {
    /// Random key of the digests: without the key, they cannot be used to guess passwords offline.
    key: [u8; 32],
    remembered: Mutex<Remembered>,
}

/// Credentials of a request whose password has yet to be checked.
struct Unchecked {
    password: Vec<u8>,
    hash: String,
    pair: Pair,
    is_user: bool,
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
    /// Returns an error if the system provides no random bytes.
    pub(crate) fn new() -> Result<Self, String> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| format!("no random bytes: {error}"))?;
        Ok(Self { key, remembered: Mutex::default() })
    }

    /// The result for the value of an `Authorization` header; `None` if its password has yet to be
    /// checked. Without users, every request is allowed.
    pub(crate) fn cached(&self, users: &[User], authorization: Option<&str>) -> Option<AuthResult> {
        self.look_up(users, authorization).ok()
    }

    /// Authenticates the value of an `Authorization` header. Hashing is slow by design and can take
    /// a large part of a second.
    pub(crate) fn authenticate(&self, users: &[User], authorization: Option<&str>) -> AuthResult {
        let Unchecked { password, hash, pair, is_user } = match self.look_up(users, authorization) {
            Ok(result) => return result,
            Err(unchecked) => unchecked,
        };
        let is_right = bcrypt::verify(password, &hash).unwrap_or(false) & is_user;
        let mut remembered = lock(&self.remembered);
        let Remembered { right, wrong } = &mut *remembered;
        let (pairs, result) =
            if is_right { (right, AuthResult::Allowed) } else { (wrong, AuthResult::Denied) };
        pairs.truncate(REMEMBERED - 1);
        pairs.push_front(pair);
        result
    }

    fn look_up(
        &self,
        users: &[User],
        authorization: Option<&str>,
    ) -> Result<AuthResult, Unchecked> {
        if users.is_empty() {
            return Ok(AuthResult::Allowed);
        }
        let Some((name, password)) = authorization.and_then(credentials) else {
            return Ok(AuthResult::Denied);
        };
        let user = users.iter().find(|user| user.name.as_bytes() == name);
        let hash = user.map_or_else(|| self.stand_in(users, &name), |user| user.hash.clone());
        let pair = self.digest(&[&name, &password, hash.as_bytes()]);
        let known = lock(&self.remembered).result(&pair);
        known.ok_or(Unchecked { password, hash, pair, is_user: user.is_some() })
    }

    /// A hash as costly to check as a user's. Like a user's, it is always the same for a name.
    fn stand_in(&self, users: &[User], name: &[u8]) -> String {
        let [first, second, ..] = self.digest(&[name]);
        let picked = usize::from(u16::from_be_bytes([first, second])) % users.len();
        // The salt and the digest consist of zeros.
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
    fn result(&self, pair: &Pair) -> Option<AuthResult> {
        if self.right.contains(pair) {
            Some(AuthResult::Allowed)
        } else {
            self.wrong.contains(pair).then_some(AuthResult::Denied)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Decodes the name and password of `Basic …`.
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
    fn only_matching_credentials_are_allowed() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4), user("bob", "t:w:o", 4), user("长", "密码", 4)];
        let authenticate = |header: &str| guard.authenticate(&users, Some(header));
        // The second round uses the remembered results.
        for _ in 0..2 {
            assert_eq!(authenticate(&basic("alice", "one")), AuthResult::Allowed);
            assert_eq!(authenticate(&basic("bob", "t:w:o")), AuthResult::Allowed);
            assert_eq!(authenticate(&basic("长", "密码")), AuthResult::Allowed);
            assert_eq!(
                authenticate(&basic("alice", "one").replace("Basic", "bAsIc")),
                AuthResult::Allowed
            );
            for (name, password) in
                [("alice", "t:w:o"), ("bob", "one"), ("carol", "one"), ("alice", ""), ("", "")]
            {
                assert_eq!(
                    authenticate(&basic(name, password)),
                    AuthResult::Denied,
                    "{name}:{password}"
                );
            }
            let odd = STANDARD.encode("alice");
            for header in ["", "Basic", "Basic !", "Bearer abc", &format!("Basic {odd}")] {
                assert_eq!(authenticate(header), AuthResult::Denied, "{header}");
            }
            assert_eq!(guard.authenticate(&users, None), AuthResult::Denied);
        }
        assert_eq!(guard.authenticate(&[], None), AuthResult::Allowed);
    }

    #[test]
    fn all_bcrypt_versions_are_accepted() {
        let guard = Guard::new().unwrap();
        let hash = user("alice", "one", 4).hash;
        for version in ["$2a$", "$2b$", "$2y$"] {
            let hash = hash.replace("$2b$", version);
            let users = [User { name: "alice".to_owned(), hash, cost: 4 }];
            assert_eq!(
                guard.authenticate(&users, Some(&basic("alice", "one"))),
                AuthResult::Allowed
            );
        }
    }

    #[test]
    fn result_applies_only_to_its_hash() {
        let guard = Guard::new().unwrap();
        let header = basic("alice", "one");
        assert_eq!(
            guard.authenticate(&[user("alice", "one", 4)], Some(&header)),
            AuthResult::Allowed
        );
        assert_eq!(
            guard.authenticate(&[user("alice", "two", 4)], Some(&header)),
            AuthResult::Denied
        );
    }

    #[test]
    fn guesses_are_bounded_and_do_not_evict_users() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4)];
        guard.authenticate(&users, Some(&basic("alice", "one")));
        for guess in 0..REMEMBERED + 10 {
            guard.authenticate(&users, Some(&basic("alice", &guess.to_string())));
        }
        let remembered = lock(&guard.remembered);
        assert_eq!((remembered.right.len(), remembered.wrong.len()), (1, REMEMBERED));
    }

    #[test]
    fn unknown_name_takes_as_long_as_a_known_one() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 8)];
        let fastest = |name: &str| {
            let time = |guess: usize| {
                let header = basic(name, &guess.to_string());
                let begun = Instant::now();
                assert_eq!(guard.authenticate(&users, Some(&header)), AuthResult::Denied);
                begun.elapsed()
            };
            (0..10).map(time).min().unwrap_or(Duration::ZERO)
        };
        let (known, unknown) = (fastest("alice"), fastest("carol"));
        // Without the stand-in hash it would be a thousandth. Timing varies on a busy machine.
        assert!(unknown > known / 10, "{known:?} and {unknown:?}");
    }

    #[test]
    fn stand_in_hash_has_the_cost_of_a_user() {
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
    fn only_checked_credentials_are_cached() {
        let guard = Guard::new().unwrap();
        let users = [user("alice", "one", 4)];
        let (right, wrong) = (basic("alice", "one"), basic("alice", "two"));
        let cached = |header: &str| guard.cached(&users, Some(header));
        assert_eq!((cached(&right), cached(&wrong)), (None, None));
        assert_eq!(guard.cached(&users, None), Some(AuthResult::Denied));
        assert_eq!(guard.cached(&[], None), Some(AuthResult::Allowed));
        guard.authenticate(&users, Some(&right));
        guard.authenticate(&users, Some(&wrong));
        assert_eq!(cached(&right), Some(AuthResult::Allowed));
        assert_eq!(cached(&wrong), Some(AuthResult::Denied));
    }
}
