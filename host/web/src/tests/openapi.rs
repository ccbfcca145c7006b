//! The document and the routes are the same.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Call;
use super::{Setup, TOKEN, control, public};
use crate::api::{open, orders, private, readable};

fn document() -> Value {
    serde_json::from_str(crate::OPENAPI).unwrap()
}

/// (method, path, whether it is on the control socket alone).
fn described() -> BTreeSet<(String, String, bool)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(|(method, operation)| {
            (method.clone(), path.clone(), operation["x-door"] == "control-socket")
        })
    });
    operations.collect()
}

fn served() -> BTreeSet<(String, String, bool)> {
    let everywhere = [open(), readable(), private()].into_iter().flat_map(|routes| routes.listed);
    let everywhere = everywhere.map(|route| (route, false));
    let all = everywhere.chain(orders().listed.into_iter().map(|route| (route, true)));
    all.map(|((method, path), control)| (method.to_owned(), path.to_owned(), control)).collect()
}

#[test]
fn every_served_route_is_described_and_every_described_one_is_served() {
    assert_eq!(described(), served());
}

/// A path of the document with something in the place of its parameters.
fn example(path: &str) -> String {
    path.replace("{identifier}", "00000000-0000-0000-0000-000000000000").replace("{name}", "usb")
}

async fn answers(address: std::net::SocketAddr, method: &str, path: &str) -> bool {
    let method = if method == "get" { "GET" } else { "POST" };
    let answer = Call::new(method, &example(path), "").token(TOKEN).send(address).await;
    answer.status != 405 && !answer.body.contains("there is nothing at")
}

#[tokio::test]
async fn routes_are_answered_behind_the_doors_that_the_document_says() {
    let (public, control) = (public(Setup::default()).await, control(Setup::default()).await);
    for (method, path, control_only) in described() {
        if path == "/api/v1/sync" || path == "/api/v1/events" {
            continue; // They have no end of their own, and tests of their own.
        }
        assert!(answers(control.address, &method, &path).await, "{method} {path} on the control socket");
        assert_eq!(answers(public.address, &method, &path).await, !control_only, "{method} {path} in public");
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_lies_in_the_tree() {
    let served = public(Setup::default()).await;
    assert_eq!(served.get("/api/v1/openapi.json").await.json(), document());
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 40);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[test]
fn every_path_parameter_is_described() {
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let described = operation["parameters"].as_array().into_iter().flatten();
            let described = described.filter(|parameter| parameter["in"] == "path");
            let described: Vec<_> =
                described.map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap())).collect();
            let named: Vec<_> = path.split('/').filter(|part| part.starts_with('{')).collect();
            assert_eq!(described, named, "{method} {path}");
        }
    }
}
