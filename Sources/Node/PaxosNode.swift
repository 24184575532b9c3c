@main
struct PaxosNode {
    static func main() {}
}
