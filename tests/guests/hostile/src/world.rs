//! Looks for a way out.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};

use crate::{Answer, Order};

pub fn ends_its_process(_: &Order) -> Answer {
    std::process::exit(0)
}

pub fn opens_the_root(_: &Order) -> Answer {
    let paths = ["/", ".", "..", "/etc/passwd", "/proc/self/environ", "/target/../..", "/dev/mem"];
    let opened = paths.iter().filter(|path| fs::File::open(path).is_ok() || fs::read_dir(path).is_ok());
    let made = ["/made", "made"].iter().filter(|path| fs::write(path, b"x").is_ok());
    Ok(format!("{} opened, {} made", opened.count(), made.count()))
}

pub fn looks_around(_: &Order) -> Answer {
    Ok(format!("{} variables, {} arguments", std::env::vars().count(), std::env::args().count()))
}

pub fn connects_a_socket(order: &Order) -> Answer {
    let address = order.text("address");
    let stream = TcpStream::connect(address).is_ok();
    let datagram = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"x", address)).is_ok();
    let listens = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
    Ok(format!("tcp {stream}, udp {datagram}, listening {listens}"))
}

pub fn looks_up_a_name(_: &Order) -> Answer {
    let found = ["localhost:80", "example.com:80"].iter().filter(|name| name.to_socket_addrs().is_ok());
    Ok(format!("{} found", found.count()))
}
