// Why a server does not start with a configuration: one sentence for the operator.

import PosternCore
import PosternLinux

extension OperatorError {
    init(_ fault: ConfigError) {
        self.init { line in
            line.append("configuration field ")
            switch fault {
            case .outOfRange(let field, let value, let allowed):
                line.append(field)
                line.append(" is ")
                line.append(value)
                line.append("; give a value from ")
                line.append(allowed.lowerBound)
                line.append(" to ")
                line.append(allowed.upperBound)
            case .unfit(let field, let problem):
                line.append(field)
                line.append(" ")
                line.append(problem)
            }
        }
    }
}

extension OperatorError {
    init(system fault: SystemError) {
        self.init(fault) { line in
            line.append("the system refuses what the server needs: ")
            line.append(fault.text)
        }
    }
}
