// The options of postern certificate show.

import PosternCore
import PosternLinux

struct ShowOptions {
    static let command = CommandName("postern certificate", ShowCommand.name)

    private(set) var file: Text?
    private(set) var wantsJSON = false
    private(set) var wantsHelp = false

    init(_ arguments: Arguments, at index: Int32) throws(OperatorError) {
        try arguments.read(ShowOptions.table, of: ShowOptions.command, at: index, into: &self) {
            options, word throws(OperatorError) in
            try options.setFile(word)
        }
    }

    private mutating func setFile(_ word: Text) throws(OperatorError) {
        guard file == nil else {
            throw OperatorError(usage: "argument", word, "is a second file; show one after the other")
        }
        file = word
    }

    static let table: InlineArray<_, OptionRow<ShowOptions>> = [
        OptionRow(
            "certificate", letter: "c", argument: "FILE",
            help: "the file; --request and --crl say the same"
        ) { options, argument throws(OperatorError) in
            try options.setFile(argument.text)
        },
        OptionRow(
            "request", argument: "FILE",
            help: "the file"
        ) { options, argument throws(OperatorError) in
            try options.setFile(argument.text)
        },
        OptionRow(
            "crl", argument: "FILE",
            help: "the file"
        ) { options, argument throws(OperatorError) in
            try options.setFile(argument.text)
        },
        OptionRow(
            "json",
            help: "one JSON object"
        ) { options, _ throws(OperatorError) in
            options.wantsJSON = true
        },
        OptionRow(
            "help", letter: "h",
            help: "print this"
        ) { options, _ throws(OperatorError) in
            options.wantsHelp = true
        },
    ]
}
