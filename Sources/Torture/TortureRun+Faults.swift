// How each fault begins and ends.

import Glibc

extension TortureRun {
    func advance(_ index: Int) throws(TortureFailure) {
        switch lanes[index].state {
        case .peace(let until, let fault):
            guard Clock.now >= until else { return }
            guard let struck = try strike(fault) else { return lanes[index].rest() }
            tally.faults[fault.fault, default: 0] += 1
            lanes[index].strike(fault, struck)
        case .fault(let fault, let struck, let until):
            guard Clock.now >= until, try end(fault, struck, overdue: Clock.now - until) else { return }
            lanes[index].rest()
        }
    }

    /// Ends whatever is under way.
    func endAllFaults() throws(TortureFailure) {
        for index in lanes.indices {
            guard case .fault(let fault, let struck, _) = lanes[index].state else { continue }
            let now = Clock.now
            while try !end(fault, struck, overdue: Clock.now - now) { try takeStep(isHealing: true) }
        }
    }

    // MARK: Who is struck

    /// Those that run.
    private func victims(_ fault: PlannedFault) -> [Int] {
        order(fault).filter { nodes[$0].process != nil && !nodes[$0].isHeldDown }
    }

    /// In the order of the plan; the leader first where it is meant.
    private func order(_ fault: PlannedFault) -> [Int] {
        let isLeader = { (number: Int) in self.nodes[number].watch.view?.status.role == "leader" }
        guard fault.strikesLeader, let leader = fault.order.first(where: isLeader) else { return fault.order }
        return [leader] + fault.order.filter { $0 != leader }
    }

    private func title(_ number: Int) -> String {
        "n\(number) (\(nodes[number].watch.view?.status.role ?? "silent"))"
    }

    // MARK: Beginning

    /// - Returns: whom it struck; nil when there is nobody to strike.
    private func strike(_ fault: PlannedFault) throws(TortureFailure) -> [Int]? {
        if fault.fault.lane == .network { return try cut(fault) }
        let victims = victims(fault)
        guard let first = fault.fault.isDamage ? budget.take(from: victims) : victims.first else { return nil }
        let node = nodes[first]
        let title = title(first)
        switch fault.fault {
        case .kill:
            say("\(title) is killed")
            node.killNow()
        case .killAll:
            say("all nodes are killed")
            for number in victims { nodes[number].send(SIGKILL, holdsDown: true) }
            for number in victims { nodes[number].killNow() }
            return victims
        case .restart:
            say("\(title) is told to stop")
            node.send(SIGTERM, holdsDown: true)
        case .flip:
            say("\(title) is told to stop, to have a byte flipped")
            node.send(SIGTERM, holdsDown: true)
        case .wipe:
            say("\(title) is told to stop, to be wiped")
            node.send(SIGTERM, holdsDown: true)
        case .pause:
            say("\(title) is paused")
            node.send(SIGSTOP, holdsDown: false)
        case .fullDisk:
            say("the disk of \(title) is full")
            try node.disk.fill()
            node.isDiskFull = true
        case .flipRunning:
            guard let place = try flipByte(of: node, fault.place) else { return nil }
            say("\(title) has \(place) flipped while it runs")
        case .cut, .deaf, .mute, .pair, .unplug: preconditionFailure("these belong to the network's lane")
        }
        return [first]
    }

    private func cut(_ fault: PlannedFault) throws(TortureFailure) -> [Int] {
        let struck = Array(order(fault).prefix(fault.fault == .cut ? fault.side : fault.fault == .pair ? 2 : 1))
        let names = struck.map(title).joined(separator: ", ")
        switch fault.fault {
        case .cut: say("\(names) cut off from the other nodes")
        case .deaf: say("\(names) hears no other node")
        case .mute: say("\(names) is heard by no other node")
        case .pair: say("\(names) do not reach each other")
        default: say("\(names) has no network")
        }
        try setCut(true, fault, struck)
        return struck
    }

    private func setCut(_ isCut: Bool, _ fault: PlannedFault, _ struck: [Int]) throws(TortureFailure) {
        let others = fault.order.filter { !struck.contains($0) }
        switch fault.fault {
        case .unplug: try network.setPlugged(!isCut, struck[0])
        case .pair:
            try network.setLost(isCut, from: struck[0], to: struck[1])
            try network.setLost(isCut, from: struck[1], to: struck[0])
        default:
            for one in struck {
                for other in others {
                    if fault.fault != .deaf { try network.setLost(isCut, from: one, to: other) }
                    if fault.fault != .mute { try network.setLost(isCut, from: other, to: one) }
                }
            }
        }
    }

    // MARK: Ending

    /// - Returns: false when it is not over yet.
    private func end(_ fault: PlannedFault, _ struck: [Int], overdue: Double) throws(TortureFailure) -> Bool {
        if fault.fault.lane == .network {
            try setCut(false, fault, struck)
            say("the network is whole again")
            return true
        }
        let node = nodes[struck[0]]
        switch fault.fault {
        case .kill, .killAll:
            for number in struck { try nodes[number].start() }
        case .restart, .flip, .wipe:
            guard hasStopped(node, overdue: overdue) else { return false }
            if fault.fault == .flip, let place = try flipByte(of: node, fault.place) {
                say("\(node.name) is stopped, and has \(place) flipped")
            }
            if fault.fault == .wipe { try startEmpty(node) } else { try node.start() }
        case .pause: node.send(SIGCONT, holdsDown: false)
        case .fullDisk:
            node.disk.release()
            node.isDiskFull = false
            if node.process == nil { try node.start() }
        case .flipRunning:
            // It may have ended by itself, and been repaired.
            guard node.damage.isUnmended else { return true }
            node.killNow()
            try node.start()
        case .cut, .deaf, .mute, .pair, .unplug: preconditionFailure("these belong to the network's lane")
        }
        switch fault.fault {
        case .wipe: break
        case .killAll: say("all nodes start again")
        case .pause: say("\(node.name) goes on")
        case .fullDisk: say("\(node.name) has room again")
        default: say("\(node.name) starts again")
        }
        return true
    }

    /// Whether a node that was told to stop has done so; one that does not is killed.
    private func hasStopped(_ node: TestedNode, overdue: Double) -> Bool {
        if let ending = node.takeEnding() {
            // One that has only just been started may not know the signal yet.
            if ending != .exit(0), ending != .signal(SIGTERM) { find("\(node.name) was told to stop: \(ending)") }
            return true
        }
        guard overdue > TortureSettings.stopping else { return false }
        find("\(node.name) has not stopped within \(TortureSettings.stopping) s")
        node.killNow()
        return true
    }
}
