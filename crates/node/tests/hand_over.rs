//! The profile's socket: what becomes of a call that comes while the other process ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signet_node::{
    Node, Options, Secrets, Unlock,
    rpc::socket::{self, Listening},
};
use tempfile::TempDir;

async fn holder() -> (TempDir, Node, Listening) {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Secrets {
        plain: true,
        ..Secrets::default()
    };
    Node::create(&folder.path().join("profile"), "Alice", &secrets).unwrap();
    let options = Options {
        profile: folder.path().join("profile"),
        offline: true,
        ..Options::default()
    };
    let node = Node::start(options, Unlock::Plain).await.unwrap();
    let listening = socket::listen(&node, &folder.path().join("profile")).unwrap();
    (folder, node, listening)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_not_begun_is_told_from_one_that_was() {
    let (folder, node, listening) = holder().await;
    let profile = folder.path().join("profile");
    let mut early = socket::connect(&profile).await.unwrap().unwrap();
    let name = early.call("whoami", &json!({})).await.unwrap().unwrap();
    // These are accepted or still in the queue when the socket closes.
    let mut late = Vec::new();
    for _ in 0..20 {
        late.push(socket::connect(&profile).await.unwrap().unwrap());
    }

    listening.close().await;
    let found = socket::connect(&profile).await.unwrap();
    late.push(early);
    for mut connection in late {
        let told = connection.call("whoami", &json!({})).await;
        assert_eq!(told.unwrap(), None);
    }
    node.stop().await;

    assert_eq!(name["name"], "Alice");
    assert!(found.is_none(), "whoever comes now finds nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_vanished_may_have_done_it() {
    let (folder, node, listening) = holder().await;
    let profile = folder.path().join("profile");
    let mut connection = socket::connect(&profile).await.unwrap().unwrap();
    connection.call("whoami", &json!({})).await.unwrap();

    drop(listening);
    // It ends a moment later, and says nothing more.
    let said = connection.event().await.unwrap();
    let told = connection.call("whoami", &json!({})).await;
    node.stop().await;

    assert_eq!(said, None);
    assert!(told.unwrap_err().message.contains("went away"));
}
