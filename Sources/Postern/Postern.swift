// What a program around a service of its own imports: `import Postern` brings every module that it needs.

@_exported import PosternCommandLine
@_exported import PosternCore
@_exported import PosternLinux
@_exported import PosternServer
@_exported import PosternTLS
