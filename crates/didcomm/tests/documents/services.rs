//! Services: rows SE-1, SE-2, SE-5, SE-9 and SE-10 of the checklist, and the shapes around them.

use super::*;

fn endpoints(service: &Value) -> Vec<Endpoint> {
    let document = read(&json!({"service": [service]}));
    document.endpoints().cloned().collect()
}

fn expected() -> Endpoint {
    Endpoint {
        routing_keys: vec!["did:example:mediator#key-1".to_owned()],
        ..Endpoint::v2("https://example.com/didcomm")
    }
}

fn object() -> Value {
    json!({
        "uri": "https://example.com/didcomm",
        "accept": ["didcomm/v2"],
        "routingKeys": ["did:example:mediator#key-1"],
    })
}

#[test]
fn an_endpoint_is_an_object_as_in_v2_1() {
    let service = json!({"id": "#s", "type": "DIDCommMessaging", "serviceEndpoint": object()});

    assert_eq!(endpoints(&service), [expected()]);
}

#[test]
fn endpoints_are_an_array_of_objects_as_in_v2_0_and_keep_their_order() {
    let second = json!({"uri": "wss://example.com/ws"});
    let service = json!({"id": "#s", "type": "DIDCommMessaging",
        "serviceEndpoint": [object(), second]});

    let found = endpoints(&service);
    assert_eq!(found[0], expected());
    assert_eq!(found[1].uri, "wss://example.com/ws");
    assert!(found[1].accepts_v2(), "nothing is said");
}

#[test]
fn an_endpoint_is_a_text_whose_siblings_hold_the_rest() {
    for names in ["routingKeys", "routing_keys"] {
        let service = json!({"id": "#s", "type": "DIDCommMessaging",
            "serviceEndpoint": "https://example.com/didcomm",
            "accept": ["didcomm/v2"], names: ["did:example:mediator#key-1"]});

        assert_eq!(endpoints(&service), [expected()]);
    }
}

#[test]
fn endpoints_are_an_array_of_texts() {
    let service = json!({"id": "#s", "type": "DIDCommMessaging",
        "serviceEndpoint": ["https://example.com/didcomm", object()],
        "accept": ["didcomm/v2"], "routingKeys": ["did:example:mediator#key-1"]});

    assert_eq!(endpoints(&service), [expected(), expected()]);
}

#[test]
fn what_an_object_leaves_out_is_taken_from_its_siblings_and_what_it_says_stays() {
    let service = json!({"id": "#s", "type": "DIDCommMessaging",
        "serviceEndpoint": {"uri": "https://example.com/didcomm", "accept": ["didcomm/v2"]},
        "accept": ["didcomm/aip1"], "routingKeys": ["did:example:mediator#key-1"]});

    assert_eq!(endpoints(&service), [expected()]);
}

#[test]
fn one_text_stands_where_a_list_should() {
    let service = json!({"id": "#s", "type": "DIDCommMessaging", "serviceEndpoint": {
        "uri": "https://example.com/didcomm",
        "accept": "didcomm/v2",
        "routingKeys": "did:example:mediator#key-1",
    }});
    assert_eq!(endpoints(&service), [expected()]);

    let service = json!({"id": "#s", "type": "DIDCommMessaging",
        "serviceEndpoint": {"uri": "https://example.com", "accept": "didcomm/aip1"}});
    assert_eq!(endpoints(&service), [], "that is another profile");
}

#[test]
fn a_routing_key_may_be_named_relative_to_the_document() {
    let service = json!({"id": "#s", "type": "DIDCommMessaging",
        "serviceEndpoint": {"uri": "https://example.com", "routingKeys": ["#relay"]}});

    let found = endpoints(&service);
    assert_eq!(found[0].routing_keys, ["did:web:example.com#relay"]);
}

#[test]
fn a_mediator_s_did_and_a_queue_are_endpoints_too() {
    for uri in ["did:web:mediator.example", "didcomm:transport/queue"] {
        let service = json!({"id": "#s", "type": "DIDCommMessaging",
            "serviceEndpoint": {"uri": uri, "accept": ["didcomm/v2"], "routingKeys": []}});

        assert_eq!(endpoints(&service), [Endpoint::v2(uri)]);
    }
}

#[test]
fn a_service_s_name_is_relative_bare_absolute_or_missing() {
    for (id, name) in [
        (json!("#s"), "s"),
        (json!("s"), "s"),
        (json!("did:web:example.com#s"), "s"),
        (json!(null), "service"),
        (json!(5), "service"),
    ] {
        let document = read(&json!({"service": [
            {"id": id, "type": "DIDCommMessaging", "serviceEndpoint": object()},
        ]}));

        assert_eq!(document.services[0].id, kid(name).as_str());
    }
}

#[test]
fn a_service_may_have_several_types_and_others_are_left_out() {
    for (kind, count) in [
        (json!("DIDCommMessaging"), 1),
        (json!(["LinkedDomains", "DIDCommMessaging"]), 1),
        (json!("did-communication"), 0),
        (json!(["IndyAgent"]), 0),
        (json!(null), 0),
    ] {
        let service = json!({"id": "#s", "type": kind, "serviceEndpoint": object()});
        assert_eq!(endpoints(&service).len(), count, "{kind}");
    }
}

#[test]
fn what_has_no_address_is_no_endpoint() {
    for endpoint in [
        json!(null),
        json!(""),
        json!(5),
        json!([]),
        json!({}),
        json!({"uri": ""}),
        json!({"uri": {"uri": "https://example.com"}}),
        json!([{"accept": ["didcomm/v2"]}, 5, [object()]]),
    ] {
        let service = json!({"id": "#s", "type": "DIDCommMessaging", "serviceEndpoint": endpoint});
        let document = read(&json!({"service": [service]}));

        assert!(document.services.is_empty(), "{endpoint}");
    }
}

#[test]
fn no_document_has_more_endpoints_than_a_person_has() {
    let service = json!({"type": "DIDCommMessaging", "serviceEndpoint": object()});
    let document = read(&json!({"service": vec![service; 500]}));
    assert_eq!(document.endpoints().count(), 32);

    let keys: Vec<String> = (0..500).map(|n| format!("did:example:{n}")).collect();
    let service = json!({"type": "DIDCommMessaging",
        "serviceEndpoint": {"uri": "https://example.com", "routingKeys": keys}});
    assert_eq!(endpoints(&service)[0].routing_keys.len(), 32);
}
