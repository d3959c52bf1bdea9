//! A key that follows another: told to the portal, tried, and only then put in the place of the one before.
//!
//! On the way both keys are in the folder. Whichever the portal knows after a cut is found by asking it: with the old one
//! first, and with the next one where it does not know that. Nothing is given up because somebody on the way says so: the
//! old key goes when the portal has signed a claim list for the new one.

use std::io;
use std::sync::Arc;

use super::{Agent, Due};
use crate::portal::key::DeviceKey;
use crate::portal::memory::Kept;
use crate::portal::session::{Followed, Session};

impl Agent {
    /// The key that counts. A change that was cut after the portal had signed for the next one is brought to its end.
    pub(super) fn open_key(&mut self) -> io::Result<DeviceKey> {
        let folder = &self.tools.folder;
        self.next_key = DeviceKey::next(folder)?.map(Arc::new);
        if let Some(next) = &self.next_key {
            if Kept::is_of(folder, &next.id())? {
                DeviceKey::succeed(folder)?;
                self.next_key = None;
            }
        }
        DeviceKey::open(&self.tools.folder)
    }

    /// Makes the key that is to follow, where one of a higher generation is wished.
    pub(super) fn wish_key(&mut self, generation: Option<u64>, session: &Session) -> io::Result<()> {
        self.key_wished = generation.unwrap_or(0);
        if self.wants_key(session) {
            self.next_key = Some(Arc::new(DeviceKey::follow(&self.tools.folder, self.key_wished)?));
            self.due = Due::Key;
        }
        Ok(())
    }

    /// The key has not the generation yet that is wished.
    pub(super) fn wants_key(&self, session: &Session) -> bool {
        self.key_wished > session.place().key.generation()
    }

    /// The portal has signed for the next key: from now on it is the camera's.
    pub(super) fn followed(&mut self, followed: Followed, session: &mut Session, kept: &mut Kept) -> io::Result<()> {
        let Followed { session: new, claims } = followed;
        // In memory whatever becomes of the files: the portal takes the old one no more.
        *session = new;
        self.next_key = None;
        let id = session.place().key.id();
        log::info!("portal: this camera's key is {id} from now on");
        kept.bind(id)?;
        DeviceKey::succeed(&self.tools.folder)?;
        // With it goes a code, beside which the old key is shown.
        self.offer(None);
        self.take(claims, session, kept)?;
        // What was sealed to the old key is wanted anew.
        if kept.memory().claim().is_some() {
            self.due = Due::Desired;
        }
        Ok(())
    }
}
