// How far two short words are apart, for "did you mean".

public enum EditDistance {
    private static let bytesMax = 31

    /// Letters to insert, delete, replace or swap with the next one (Damerau-Levenshtein, optimal string
    /// alignment); nil when one of the words is longer than any option.
    public static func between(
        _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        guard first.count <= bytesMax, second.count <= bytesMax else { return nil }
        var before = InlineArray<32, Int>(repeating: 0)
        var above = InlineArray<32, Int>(repeating: 0)
        var row = InlineArray<32, Int>(repeating: 0)
        for column in 0...second.count { above[column] = column }
        for line in 0..<first.count {
            row[0] = line + 1
            for column in 0..<second.count {
                let isSame = first[line] == second[column]
                var distance = min(above[column + 1], row[column]) + 1
                distance = min(distance, above[column] + (isSame ? 0 : 1))
                if line > 0, column > 0, first[line] == second[column - 1],
                    first[line - 1] == second[column]
                {
                    distance = min(distance, before[column - 1] + 1)
                }
                row[column + 1] = distance
            }
            before = above
            above = row
        }
        return above[second.count]
    }
}
