//! The limit of problems in one thread: after it, silence.
//!
//! Two programs that report each other's reports would never end. Source: DIDComm Messaging v2.1,
//! "Problem Reports" (Cascading Problems).

use super::{Problem, is};
use crate::message::Message;

/// The code of the last report of a thread.
pub const MAX_ERRORS_EXCEEDED: &str = "e.p.req.max-errors-exceeded";

/// The problems of one thread, theirs and ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// So many are borne.
    pub most: u32,
    /// So many were there.
    pub count: u32,
    /// Set once the limit was told: nothing is answered in this thread any more.
    pub is_over: bool,
}

impl Limit {
    /// A limit of `most` problems, none of which was there yet.
    pub fn new(most: u32) -> Self {
        Self {
            most,
            count: 0,
            is_over: false,
        }
    }

    /// Counts a problem that was reported to us. Yields what to report, once, if it is one too
    /// many; the report of the limit itself only ends the thread.
    pub fn receive(&mut self, problem: &Problem) -> Option<Problem> {
        if problem.is(MAX_ERRORS_EXCEEDED) {
            self.is_over = true;
        }
        match self.is_exceeded() {
            true => self.end(),
            false => None,
        }
    }

    /// Counts a problem of ours with the message `about`. Yields what to report: it, or the limit
    /// instead if it is one too many, or nothing from then on. A report is never reported.
    pub fn report(&mut self, problem: Problem, about: &Message) -> Option<Problem> {
        if is(about) {
            return None;
        }
        match self.is_exceeded() {
            true => self.end(),
            false => Some(problem),
        }
    }

    fn is_exceeded(&mut self) -> bool {
        self.count = self.count.saturating_add(1);
        self.is_over || self.count > self.most
    }

    fn end(&mut self) -> Option<Problem> {
        let was_over = std::mem::replace(&mut self.is_over, true);
        (!was_over).then(|| Problem {
            comment: Some("There were too many problems in this thread".to_owned()),
            ..Problem::new(MAX_ERRORS_EXCEEDED)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause() -> Message {
        Message::new("1", "https://didcomm.org/basicmessage/2.0/message")
    }

    #[test]
    fn a_flood_of_bad_messages_gets_a_bounded_number_of_reports() {
        let mut limit = Limit::new(3);
        let problem = Problem::new("e.m.msg");
        let sent: Vec<_> = (0..1000)
            .filter_map(|_| limit.report(problem.clone(), &cause()))
            .map(|problem| problem.code)
            .collect();

        let ours = "e.m.msg";
        assert_eq!(sent, [ours, ours, ours, MAX_ERRORS_EXCEEDED]);
    }

    #[test]
    fn a_flood_of_reports_gets_one_report() {
        let mut limit = Limit::new(3);
        let problem = Problem::new("e.m.msg");
        let sent: Vec<_> = (0..1000).map(|_| limit.receive(&problem)).collect();

        assert!(sent[..3].iter().all(Option::is_none));
        assert_eq!(sent.iter().flatten().count(), 1);
        assert_eq!(sent[3].as_ref().unwrap().code, MAX_ERRORS_EXCEEDED);
        assert_eq!(limit.report(problem, &cause()), None);
    }

    #[test]
    fn the_limit_of_the_other_side_ends_the_thread_without_an_answer() {
        let mut limit = Limit::new(3);

        assert_eq!(limit.receive(&Problem::new(MAX_ERRORS_EXCEEDED)), None);
        assert_eq!(limit.report(Problem::new("e.m.msg"), &cause()), None);
    }

    #[test]
    fn a_report_is_never_reported() {
        let mut limit = Limit::new(3);
        let report = super::super::message("2", "1", &Problem::new("x"), None);

        assert_eq!(limit.report(Problem::new("e.m.msg"), &report), None);
        assert_eq!(limit.count, 0);
    }

    #[test]
    fn two_programs_that_report_everything_fall_silent() {
        let mut limits = [Limit::new(5), Limit::new(5)];
        let mut problem = limits[0].report(Problem::new("e.m.msg"), &cause());
        let mut sent = 0;
        while let Some(reported) = problem {
            sent += 1;
            let other = &mut limits[sent % 2];
            let answer = other.receive(&reported);
            // Foolishly it answers each report as if it were a bad message.
            problem = answer.or_else(|| other.report(Problem::new("e.m.msg"), &cause()));
        }

        assert!(sent <= 11, "{sent}");
    }
}
