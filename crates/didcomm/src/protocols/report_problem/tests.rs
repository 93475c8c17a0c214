use serde_json::json;

use super::*;

fn problem(comment: &str, args: &[Option<&str>]) -> Problem {
    Problem {
        comment: Some(comment.into()),
        args: args.iter().map(|arg| arg.map(str::to_owned)).collect(),
        ..Problem::new("e.m.req.time")
    }
}

#[test]
fn missing_arguments_read_as_a_question_mark_and_further_ones_are_appended() {
    let text = |comment: &str, args: &[Option<&str>]| problem(comment, args).text().unwrap();

    assert_eq!(text("{1} {2}", &[Some("a"), None, Some("c")]), "a ?, c");
    assert_eq!(text("at {2}", &[]), "at ?");
    assert_eq!(text("{0} {x} {", &[]), "{0} {x} {");
    assert_eq!(text("{1}", &[Some("{1}")]), "{1}");
    assert_eq!(
        text("{99999999999999999999}", &[]),
        "{99999999999999999999}"
    );
}

#[test]
fn a_code_matches_by_whole_tokens() {
    let problem = Problem::new("e.m.req.time");

    assert!(problem.is("e.m.req") && problem.is("e.m.req.time"));
    assert!(!problem.is("e.m.re") && !problem.is("w"));
}

#[test]
fn a_report_reads_back() {
    let sent = problem("late: {1}", &[Some("2 s"), None]);
    let wire = message("1", "thread", &sent, Some("cause")).to_vec();
    let received = Message::from_slice(&wire).unwrap();

    assert_eq!(read(&received), Some(sent));
    assert_eq!(received.pthid.as_deref(), Some("thread"));
    assert_eq!(received.ack, ["cause"]);
}

#[test]
fn a_report_is_written_as_specified() {
    let problem = Problem {
        args: vec![
            Some("https://agents.r.us/inbox".into()),
            Some("did:sov:C805".into()),
        ],
        comment: Some("Unable to use the {1} endpoint for {2}.".into()),
        escalate_to: Some("mailto:admin@foo.org".into()),
        ..Problem::new("e.p.xfer.cant-use-endpoint")
    };
    let report = message("7c9de639", "1e513ad4", &problem, Some("1e513ad4"));

    let wire: Value = serde_json::from_slice(&report.to_vec()).unwrap();
    assert_eq!(
        wire,
        json!({"type": "https://didcomm.org/report-problem/2.0/problem-report",
            "typ": "application/didcomm-plain+json", "id": "7c9de639", "pthid": "1e513ad4",
            "ack": ["1e513ad4"],
            "body": {"code": "e.p.xfer.cant-use-endpoint",
                "comment": "Unable to use the {1} endpoint for {2}.",
                "args": ["https://agents.r.us/inbox", "did:sov:C805"],
                "escalate_to": "mailto:admin@foo.org"}})
    );
    assert_eq!(
        problem.text().unwrap(),
        "Unable to use the https://agents.r.us/inbox endpoint for did:sov:C805."
    );
}

#[test]
fn a_report_without_code_is_none_and_any_code_is_read() {
    let read_ = |body: Value| {
        let json = json!({"id": "1", "body": body, "zzz": 1,
            "type": "https://didcomm.org/ReportProblem/2.1/problem_report"});
        read(&Message::from_slice(json.to_string().as_bytes()).unwrap())
    };

    assert_eq!(read_(json!({})), None);
    assert_eq!(read_(json!({"code": ""})), None);
    assert_eq!(read_(json!({"code": 5})), None);
    let odd = read_(json!({"code": "Me.Res.too_big", "zzz": 1, "args": "x", "comment": 7}));
    assert_eq!(odd, Some(Problem::new("Me.Res.too_big")));
    let odd = odd.unwrap();
    assert!(odd.is("me.res") && odd.is_error() && odd.code().is_none());
    let args = read_(json!({"code": "w.m.x", "args": [1, null, {"a": []}]})).unwrap();
    let expected = [Some("1".into()), None, Some("{\"a\":[]}".into())];
    assert_eq!(args.args, expected);
    assert!(!args.is_error());
}

#[test]
fn a_warning_is_escalated_in_its_thread_and_never_made_narrower() {
    let warning = message("2", "1", &Problem::new("w.some-state.req"), None);
    let escalated = |code| escalate("3", &warning, &Problem::new(code));

    let report = escalated("e.p.req").unwrap();
    assert_eq!(report.thid.as_deref(), Some("2"));
    assert_eq!(report.pthid.as_deref(), Some("1"));
    assert_eq!(report.ack, ["2"]);
    assert_eq!(read(&report), Some(Problem::new("e.p.req")));
    assert!(escalated("e.some-state.req").is_some());
    for code in ["e.m.req", "e.other-state.req", "w.p.req", "e", ""] {
        assert_eq!(escalated(code), None, "{code}");
    }
    let error = message("2", "1", &Problem::new("e.m.req"), None);
    assert_eq!(escalate("3", &error, &Problem::new("e.p.req")), None);
}

#[test]
fn nothing_grows_without_bound() {
    let sent = Problem {
        code: "e.p.req".into(),
        comment: Some("{1}".repeat(MAX_COMMENT)),
        args: vec![Some("ü".repeat(MAX_ARG)); MAX_ARGS + 1],
        escalate_to: Some("x".repeat(MAX_ARG + 1)),
    };
    let got = read(&message("1", "2", &sent, None)).unwrap();

    assert_eq!(got.comment.as_ref().unwrap().len(), MAX_COMMENT);
    assert_eq!(got.args.len(), MAX_ARGS);
    assert!(got.args.iter().flatten().all(|arg| arg.len() == MAX_ARG));
    assert_eq!(got.escalate_to, None);
    assert_eq!(got.text().unwrap().len(), MAX_TEXT);
    let appended = Problem {
        comment: Some("x".into()),
        ..got
    };
    assert!(appended.text().unwrap().len() <= MAX_TEXT);
    // Spelled out it would have a terabyte.
    let endless = problem(&"{1}".repeat(1 << 20), &[Some(&"x".repeat(1 << 20))]);
    assert_eq!(endless.text().unwrap().len(), MAX_TEXT);
    let long = Problem::new("x".repeat(MAX_CODE + 1));
    assert_eq!(read(&message("1", "2", &long, None)), None);
}
