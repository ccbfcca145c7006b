//! What a well-behaved plugin does: reads its object, sends it, writes it into its folder.

use std::fs;
use std::io::Write;

use crate::boothsync::plugin::http::{self, Chunk, Request, Response, Span};
use crate::boothsync::plugin::media::Blob;
use crate::boothsync::plugin::types::Failure;
use crate::Order;

pub fn act(order: &Order) -> Result<String, Failure> {
    match order.text("verb") {
        "origin" => blob(order).map(|blob| format!("{:?}", blob.origin().map(|o| (o.root, o.path)))),
        "sha256" => blob(order)?.sha256(),
        "read" => read(order),
        "http" => http(order),
        "http-upload" => upload(order),
        "rc" => rc(order),
        "folder-write" => folder_write(order),
        "folder-list" => folder_list(),
        "folder-escape" => Ok(folder_escape(order.text("path"))),
        other => Err(Failure::Unsupported(format!("no verb {other}"))),
    }
}

fn blob<'a>(order: &Order<'a>) -> Result<&'a Blob, Failure> {
    order.blob.ok_or(Failure::Unsupported("needs an object".into()))
}

fn read(order: &Order) -> Result<String, Failure> {
    let blob = blob(order)?;
    let (mut offset, mut sum, mut reads) = (0, 0u64, 0);
    loop {
        let bytes = blob.read(offset, order.number("length").max(1) as u32)?;
        if bytes.is_empty() {
            return Ok(format!("{offset} bytes, sum {sum}, {reads} reads"));
        }
        offset += bytes.len() as u64;
        sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        reads += 1;
    }
}

fn http(order: &Order) -> Result<String, Failure> {
    let headers = order.settings["headers"].as_object().cloned().unwrap_or_default();
    let headers = headers.into_iter().map(|(k, v)| (k, v.as_str().unwrap_or_default().to_owned())).collect();
    let method = match order.text("method") {
        "" => "GET",
        method => method,
    };
    let body = match order.text("body") {
        "" => vec![],
        text => vec![Chunk::Bytes(text.as_bytes().to_vec())],
    };
    let request = Request { method: method.into(), url: order.text("url").into(), headers, body };
    answer(&http::send(&request)?)
}

fn upload(order: &Order) -> Result<String, Failure> {
    let blob = blob(order)?;
    let half = blob.size() / 2;
    let body = vec![
        Chunk::Bytes(b"head".to_vec()),
        Chunk::File(Span { blob, offset: 0, length: half }),
        Chunk::File(Span { blob, offset: half, length: blob.size() - half + order.number("beyond") }),
        Chunk::Bytes(b"tail".to_vec()),
    ];
    let request = Request { method: "PUT".into(), url: order.text("url").into(), headers: vec![], body };
    answer(&http::send(&request)?)
}

fn rc(order: &Order) -> Result<String, Failure> {
    let request = Request {
        method: "POST".into(),
        url: format!("http://rclone.internal/{}", order.text("method")),
        headers: vec![("content-type".into(), "application/json".into())],
        body: vec![Chunk::Bytes(order.settings["input"].to_string().into_bytes())],
    };
    answer(&http::send(&request)?)
}

fn answer(response: &Response) -> Result<String, Failure> {
    let mut body = Vec::new();
    loop {
        let part = response.read(64 * 1024)?;
        if part.is_empty() {
            break;
        }
        body.extend(part);
    }
    let location = response.headers().into_iter().find(|(name, _)| name == "location");
    let location = location.map(|(_, value)| format!(" -> {value}")).unwrap_or_default();
    let text: String = String::from_utf8_lossy(&body).chars().take(600).collect();
    Ok(format!("{}{location} {} {text}", response.status(), body.len()))
}

fn folder_write(order: &Order) -> Result<String, Failure> {
    let blob = blob(order)?;
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create("/target/picture.part")?;
        let mut offset = 0;
        loop {
            let bytes = blob.read(offset, 256 * 1024).map_err(|e| std::io::Error::other(format!("{e:?}")))?;
            if bytes.is_empty() {
                break;
            }
            offset += bytes.len() as u64;
            file.write_all(&bytes)?;
        }
        file.sync_all()?;
        fs::rename("/target/picture.part", "/target/picture.jpg")
    };
    write().map_err(|error| Failure::Retry(error.to_string()))?;
    Ok("written".into())
}

fn folder_list() -> Result<String, Failure> {
    let names = fs::read_dir("/target").map_err(|error| Failure::Retry(error.to_string()))?;
    let mut names: Vec<_> =
        names.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names.join(" "))
}

fn folder_escape(path: &str) -> String {
    let read = fs::read(path).map(|bytes| bytes.len().to_string()).unwrap_or("refused".into());
    let write = fs::write(path, b"x").map(|()| "written").unwrap_or("refused");
    let link = fs::hard_link(path, "/target/link").map(|()| "linked").unwrap_or("refused");
    format!("{read} {write} {link}")
}
