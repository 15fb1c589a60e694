// Copyright The Millers.
import Foundation

/// A sack of grain.
public struct Sack: Codable {
    let weight: Int
    var isEmpty: Bool { weight == 0 }

    init(weight: Int) {
        self.weight = weight
    }
}

@objc(LTMill)
open class Mill<T: Grain>: NSObject {
    private(set) var sacks: [Sack] = []

    @discardableResult
    public func grind(
        _ sack: Sack,
        slowly: Bool = true
    ) throws -> Int {
        for _ in 0..<sack.weight {
            turn()
        }
        return sack.weight
    }

    class func shared() -> Mill { Mill() }

    static func + (a: Mill, b: Mill) -> Mill { a }
}

enum Side: String {
    case upper, lower
    case bed(Int)
}

extension Mill where T == Rye {
    subscript(index: Int) -> Sack { sacks[index] }
}

protocol Grinder {
    func grind(_ sack: Sack) throws -> Int
}

typealias Stones = [Int]
func measure() -> Int { 1 }
