//! Misbehaviour on demand.

mod effect;
mod entries;
mod parse;
mod plan;
mod table;

use careflex_core::EmployeeId;
use fastrand::Rng;

pub use effect::{Effect, OwnAnswer};
pub use parse::FaultError;
pub(crate) use plan::{Blow, Plan};
pub use table::{Booked, EffectEntry, fault_help};

/// One misbehaviour, and the requests that it strikes. By default that is the next report. REST and SOAP
/// share one plan: a fault strikes the operation, whichever way it comes.
///
/// A fault strikes only requests that the portal would otherwise take: those with a wrong token or a
/// wrong body get their usual answer and use up no fault (our decision). Effects that strike before the
/// body is read ([`Effect::CutBeforeReading`], [`Effect::CutWhileReading`], [`Effect::CloseOnReuse`])
/// are the exception: they strike any `POST` to their [`Place`]. Over SOAP nobody knows yet which operation
/// it will be: there any `POST` is struck by those at [`Place::New`] and those at [`Place::None`], and is
/// counted by the [`Ledger`](crate::Ledger) where the fault was planned.
///
/// Faults wait in the order in which they were injected, and a request is struck by the first one at
/// its place whose turn it is; effects before the body is read come before all others. After an effect
/// that only delays ([`Effect::Hold`], [`Effect::Latency`], [`Effect::RandomLatency`]) the request goes
/// on to the faults behind it. A request that a fault has struck does not count for those behind it.
///
/// ```
/// use careflex_sandbox::{Effect, Fault, Place};
///
/// // The third and fourth request for a token are answered with 500.
/// let fault = Fault::new(Effect::Status(500)).at(Place::Token).after(2).times(2);
/// ```
///
/// The same in words, as the command takes it. [`EffectEntry::all`] lists the effects, and [`fault_help`]
/// explains the rest.
///
/// ```
/// use careflex_sandbox::Fault;
///
/// let fault: Fault = "status=500@token,after=2,times=2".parse()?;
///
/// let error = "staus=500".parse::<Fault>().unwrap_err();
/// assert_eq!(error.to_string(), "staus: there is no such effect; did you mean status?");
/// # Ok::<(), careflex_sandbox::FaultError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault {
    effect: Effect,
    place: Place,
    employee: Option<EmployeeId>,
    is_booked: bool,
    /// How many requests are still left alone.
    after: usize,
    /// Of so many requests, the last one is struck.
    every: usize,
    /// How many requests have been left alone since the last one that was struck.
    passed: usize,
    /// How many requests may still be struck; `None` for any number.
    left: Option<usize>,
    has_struck: bool,
    chance: Rng,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// `POST /oauth/token`
    Token,
    /// `POST /rest/incident/new`, and `NewIncidentRequest` over SOAP.
    New,
    /// `POST /rest/incident/none`, and `NoIncidentRequest` over SOAP.
    None,
}

impl Fault {
    /// Strikes the next report; with [`Effect::ExpiresAfter`], which means something
    /// only there, the next request for a token.
    pub fn new(effect: Effect) -> Self {
        let place = match effect {
            Effect::ExpiresAfter(_) => Place::Token,
            _ => Place::New,
        };
        let seed = match effect {
            Effect::RandomLatency { seed, .. } => seed,
            _ => 0,
        };
        Self {
            effect,
            place,
            employee: None,
            is_booked: false,
            after: 0,
            every: 1,
            passed: 0,
            left: Some(1),
            has_struck: false,
            chance: Rng::with_seed(seed),
        }
    }

    /// Strikes here.
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Strikes only reports that hold an incident of this employee; the others do
    /// not count. With it, a test knows which of several requests at the same time is struck. At other
    /// places, and before the body is read, nobody knows whose incidents a request holds: there such
    /// a fault never strikes.
    ///
    /// ```
    /// use careflex_sandbox::{Effect, Fault};
    ///
    /// let fault = Fault::new(Effect::CutAfterBooking).of_employee("4711".parse()?);
    /// # Ok::<(), careflex_core::TextError>(())
    /// ```
    pub fn of_employee(mut self, employee: EmployeeId) -> Self {
        self.employee = Some(employee);
        self
    }

    /// Books before it answers, as a portal does whose answer is spoilt on the way: the request is
    /// taken, and the client is told nonsense. For effects that answer in the portal's place
    /// ([`Booked::OnDemand`]); it means nothing with others.
    ///
    /// ```
    /// use careflex_sandbox::{Effect, Fault};
    ///
    /// // Booked, and yet the client sees 502.
    /// let fault = Fault::new(Effect::Status(502)).booked();
    /// ```
    pub fn booked(mut self) -> Self {
        self.is_booked = true;
        self
    }

    /// Leaves the next `requests` alone.
    pub fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }

    /// Strikes each `n`-th request, beginning with the `n`-th one; 0 is the same as 1.
    ///
    /// ```
    /// use careflex_sandbox::{Effect, Fault};
    ///
    /// // A foreign client replaces the token before every fifth report, for ever.
    /// let fault = Fault::new(Effect::ForgetTokens).every(5).always();
    /// ```
    pub fn every(mut self, n: usize) -> Self {
        self.every = n;
        self
    }

    /// Strikes so many requests.
    pub fn times(mut self, requests: usize) -> Self {
        self.left = Some(requests);
        self
    }

    /// Strikes without end, until
    /// [`Sandbox::clear_faults`](crate::Sandbox::clear_faults).
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// Strikes the request that stands before it, if it is its turn.
    fn strike(&mut self) -> Option<Blow> {
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.passed += 1;
        if !self.is_pending() || self.passed < self.every {
            return None;
        }
        self.passed = 0;
        self.left = self.left.map(|left| left - 1);
        self.has_struck = true;
        Some(Blow {
            effect: self.effect.draw(&mut self.chance),
            place: self.place,
            is_booked: self.is_booked,
        })
    }

    fn is_pending(&self) -> bool {
        self.left != Some(0)
    }
}

impl Place {
    /// All places.
    pub const ALL: [Self; 3] = [Self::Token, Self::New, Self::None];

    /// What it is called in words: `token`, `new` or `none`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::New => "new",
            Self::None => "none",
        }
    }
}
