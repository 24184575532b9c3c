@main
struct Logtool {
    static func main() {}
}
