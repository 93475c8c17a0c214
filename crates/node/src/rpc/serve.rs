//! Speaking rpc on a pair of streams, one object a line.
//!
//! Calls run at the same time, each begun in the order of its line; an answer comes when it is
//! ready. Events come between the answers. When the input ends, what was begun is still answered;
//! when we end first, the event `rpc.ended` says so: a call without an answer was then not begun.

use std::io;

use futures::stream::{FuturesUnordered, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt},
    sync::{broadcast::error::RecvError, watch},
    task::unconstrained,
};

use super::{
    MAX_LINE, RpcError, call,
    lines::{Line, Lines},
};
use crate::{Node, event::Event};

/// The event behind which nothing comes any more.
pub(super) const ENDED: &str = "rpc.ended";
/// Calls of one connection that run at the same time; further lines wait unread.
const AT_ONCE: usize = 64;

#[derive(Deserialize)]
struct Request {
    jsonrpc: String,
    method: String,
    #[serde(default)]
    params: Value,
    /// Absent in a notification, which is done and not answered.
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
}

/// `null` is an id too.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Answers every line of `input` on `output`, and tells every event there, until the input ends
/// or the node stops.
///
/// # Errors
/// Those of the streams.
pub async fn serve(
    node: &Node,
    input: impl AsyncBufRead + Unpin,
    output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let (_open, closing) = watch::channel(false);
    serve_until(node, input, output, closing).await
}

/// As [`serve`]; takes no further line once `closing` is true.
pub(super) async fn serve_until(
    node: &Node,
    input: impl AsyncBufRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    mut closing: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut lines = Lines::new(input, MAX_LINE);
    let mut events = node.events();
    let mut calls = FuturesUnordered::new();
    let mut is_open = true;
    let mut has_heard_all = false;
    let mut has_stopped = false;
    let stopped = node.stopped();
    tokio::pin!(stopped);
    while is_open || !calls.is_empty() {
        let said = tokio::select! {
            line = lines.next(), if is_open && calls.len() < AT_ONCE => match line? {
                None => {
                    (is_open, has_heard_all) = (false, true);
                    None
                }
                Some(line) => match request(line) {
                    Ok(request) => {
                        // One that tokio holds up for fairness would be overtaken by the next.
                        calls.push(unconstrained(answer(node, request)));
                        None
                    }
                    Err((id, error)) => Some(refusal(id, &error)),
                },
            },
            Some(answer) = calls.next() => answer,
            event = events.recv(), if is_open => match event {
                Ok(event) => Some(notification(&event)),
                Err(RecvError::Lagged(count)) => Some(json!({
                    "jsonrpc": "2.0", "method": "event", "params": {"kind": "events.missed", "count": count},
                })),
                Err(RecvError::Closed) => {
                    is_open = false;
                    None
                }
            },
            () = until(&mut closing), if is_open => {
                is_open = false;
                None
            }
            _ = &mut stopped, if !has_stopped => {
                (is_open, has_stopped) = (false, true);
                None
            }
        };
        if let Some(said) = said {
            write(&mut output, &said).await?;
        }
    }
    // The last event says why it stopped.
    while let (true, Ok(event)) = (has_stopped, events.try_recv()) {
        write(&mut output, &notification(&event)).await?;
    }
    if !has_heard_all {
        write(&mut output, &notification(&Event::of(ENDED))).await?;
    }
    output.flush().await
}

/// Waits until the word is given. Where nobody is left to give it, it never is: whoever waits is
/// about to be aborted, and must not say a good-bye that was not meant.
pub(super) async fn until(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|&closing| closing).await.is_err() {
        std::future::pending().await
    }
}

async fn write(output: &mut (impl AsyncWrite + Unpin), said: &Value) -> io::Result<()> {
    output.write_all(format!("{said}\n").as_bytes()).await
}

fn request(line: Line) -> Result<Request, (Value, RpcError)> {
    let Line::Whole(line) = line else {
        let sentence = format!("A line has at most {MAX_LINE} bytes.");
        return Err((Value::Null, RpcError::new(RpcError::INVALID, sentence)));
    };
    let value: Value = serde_json::from_slice(&line).map_err(|_| {
        (
            Value::Null,
            RpcError::new(RpcError::PARSE, "This line is not JSON."),
        )
    })?;
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    let invalid = || {
        let sentence = "A request is an object with jsonrpc \"2.0\", a method, params and an id.";
        (id.clone(), RpcError::new(RpcError::INVALID, sentence))
    };
    let request: Request = serde_json::from_value(value).map_err(|_| invalid())?;
    let is_id = |id: &Value| id.is_null() || id.is_string() || id.is_number();
    if request.jsonrpc != "2.0" || !request.id.as_ref().is_none_or(is_id) {
        return Err(invalid());
    }
    Ok(request)
}

async fn answer(node: &Node, request: Request) -> Option<Value> {
    let told = call(node, &request.method, request.params).await;
    let id = request.id?;
    Some(match told {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => refusal(id, &error),
    })
}

fn refusal(id: Value, error: &RpcError) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

fn notification(event: &Event) -> Value {
    json!({"jsonrpc": "2.0", "method": "event", "params": event})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> (Value, i64) {
        let told = request(Line::Whole(line.as_bytes().to_vec()));
        told.map(|_| ())
            .map_err(|(id, error)| (id, error.code))
            .unwrap_err()
    }

    #[test]
    fn what_is_no_request_is_named_for_what_it_is() {
        assert_eq!(refused("{"), (Value::Null, RpcError::PARSE));
        assert_eq!(refused("[]"), (Value::Null, RpcError::INVALID));
        assert_eq!(
            refused(r#"{"jsonrpc":"1.0","method":"whoami","id":7}"#),
            (json!(7), RpcError::INVALID)
        );
        assert_eq!(
            refused(r#"{"jsonrpc":"2.0","id":"a"}"#),
            (json!("a"), RpcError::INVALID)
        );
        assert_eq!(
            refused(r#"{"jsonrpc":"2.0","method":"whoami","id":[1]}"#).1,
            RpcError::INVALID
        );
        assert_eq!(
            request(Line::TooLong).err().unwrap().1.code,
            RpcError::INVALID
        );
    }

    #[test]
    fn a_request_without_id_is_a_notification_and_null_is_an_id() {
        let read = |line: &str| request(Line::Whole(line.as_bytes().to_vec())).ok().unwrap();

        assert!(read(r#"{"jsonrpc":"2.0","method":"whoami"}"#).id.is_none());
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","method":"whoami","id":null}"#).id,
            Some(Value::Null)
        );
    }
}
