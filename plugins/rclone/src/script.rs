//! Stands in for rclone in tests.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::host::{Host, Reply};
use kit::Fault;

/// A rclone that answers from a script and writes down what it was asked.
pub struct Script {
    pub answers: RefCell<VecDeque<(&'static str, u16, String)>>,
    asked: RefCell<Vec<Value>>,
    memory: RefCell<BTreeMap<String, Vec<u8>>>,
    pub settings: RefCell<String>,
    pub now: Cell<u64>,
}

struct Scripted {
    status: u16,
    body: VecDeque<Vec<u8>>,
}

impl Script {
    pub fn new(answers: Vec<(&'static str, u16, Value)>) -> Self {
        let answers = answers.into_iter().map(|(method, status, body)| (method, status, body.to_string()));
        Self {
            answers: RefCell::new(answers.collect()),
            asked: RefCell::default(),
            memory: RefCell::default(),
            settings: RefCell::new(r#"{"remote": "x:"}"#.into()),
            now: Cell::new(1_000_000),
        }
    }

    pub fn then(&self, method: &'static str, status: u16, body: Value) {
        self.answers.borrow_mut().push_back((method, status, body.to_string()));
    }

    pub fn asked(&self) -> Vec<Value> {
        self.asked.borrow().clone()
    }

    pub fn methods(&self) -> Vec<String> {
        self.asked().iter().map(|asked| asked["method"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub fn assert_finished(&self) {
        assert!(self.answers.borrow().is_empty(), "never asked for: {:?}", self.answers.borrow());
    }
}

impl Host for Script {
    fn post(&self, method: &str, body: Vec<u8>) -> Result<Box<dyn Reply>, Fault> {
        let mut asked: Value = serde_json::from_slice(&body).expect("calls are JSON");
        asked["method"] = method.into();
        self.asked.borrow_mut().push(asked);
        let (expected, status, body) =
            self.answers.borrow_mut().pop_front().expect("an answer for every call");
        assert_eq!(method, expected);
        let body = body.into_bytes().chunks(7).map(<[u8]>::to_vec).collect();
        Ok(Box::new(Scripted { status, body }))
    }

    fn settings(&self) -> String {
        self.settings.borrow().clone()
    }

    fn recall(&self, name: &str) -> Option<Vec<u8>> {
        self.memory.borrow().get(name).cloned()
    }

    fn remember(&self, name: &str, old: Option<Vec<u8>>, new: Vec<u8>) {
        assert_eq!(self.recall(name), old, "what is replaced is what was read");
        self.memory.borrow_mut().insert(name.to_owned(), new);
    }

    fn job(&self) -> String {
        "job-7".into()
    }

    fn now(&self) -> u64 {
        self.now.get()
    }
}

impl Reply for Scripted {
    fn status(&self) -> u16 {
        self.status
    }

    fn read(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.body.pop_front().unwrap_or_default())
    }
}
