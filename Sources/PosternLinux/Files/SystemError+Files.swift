// Why a file is not written, where no error number says it. Beside the results of clinux_file.h, and below
// every -errno like them.

extension SystemError {
    /// A private key would be lost.
    static let holdsKey: Int32 = -10013
    /// Two of the files have one place.
    static let placeTakenTwice: Int32 = -10014
    /// It cannot be made the user's whose it shall be.
    static let notGiven: Int32 = -10015
    /// The index of an authority would be lost.
    static let holdsIndex: Int32 = -10016
    /// The name is one of those that files have on their way.
    static let nameIsReserved: Int32 = -10017
    /// Of a pid file: another process holds it, or it is some other file.
    static let isHeld: Int32 = -10003
    static let isNoPidFile: Int32 = -10004
}
