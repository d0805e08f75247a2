use super::family::{Family, Use};
use super::worker::Worker;
use crate::moment::chance;

/// How many tokens of a family are looked at, the newest first.
const TOKENS: usize = 8;

/// How often is asked about a token at most.
const TRIES: usize = 5;

/// How many of the older families are looked at each time.
const OLDER: u64 = 4;

impl Worker {
    /// Looks at everything that was touched since the last time, and at some of what is older: asks about
    /// every token, redeems the codes that are left and refreshes.
    pub(crate) async fn verify(&mut self) {
        let mut families = std::mem::take(&mut self.families);
        for family in families.iter_mut().filter(|family| family.touched) {
            family.touched = false;
            let mut asked = Some(());
            if family.code.as_ref().is_some_and(|code| code.state != Use::Used) {
                asked = self.redeem(family).await;
            }
            for token in (0..family.access.len()).rev().take(TOKENS) {
                asked = asked.and(self.look(family, token).await);
            }
            if family.refresh.is_some() {
                asked = asked.and(self.refresh(family).await);
                if let Some(newest) = family.access.len().checked_sub(1) {
                    asked = asked.and(self.look(family, newest).await);
                }
            }
            if asked.is_none() {
                self.breach("the provider is gone");
            }
        }
        self.families = families;
        let mut archive = std::mem::take(&mut self.archive);
        for _ in 0..OLDER.min(archive.len() as u64) {
            let chosen = usize::try_from(chance(archive.len() as u64)).unwrap();
            for token in (0..archive[chosen].access.len()).rev().take(TOKENS) {
                self.look(&mut archive[chosen], token).await;
            }
        }
        self.archive = archive;
    }

    /// Asks about a token until that is answered: a busy machine may take more than once.
    async fn look(&mut self, family: &mut Family, token: usize) -> Option<()> {
        for _ in 0..TRIES {
            if self.introspect(family, Some(token)).await? {
                return Some(());
            }
        }
        self.breach("nobody says whether a token lives");
        Some(())
    }

    /// Looks at all that there ever was, or at so many of the older families.
    pub(crate) async fn verify_all(&mut self, most: usize) {
        self.families.iter_mut().for_each(|family| family.touched = true);
        self.verify().await;
        let mut archive = std::mem::take(&mut self.archive);
        for family in archive.iter_mut().rev().take(most) {
            for token in 0..family.access.len() {
                self.look(family, token).await;
            }
        }
        self.archive = archive;
    }
}
