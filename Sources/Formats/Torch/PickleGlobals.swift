/// What may be done with a class or function that a pickle names. Nothing is ever imported or called: this is about
/// what an honest checkpoint may hold at all.
enum PickleGlobals {
    enum Verdict {
        /// One of Python's that no honest checkpoint needs.
        case refused
        case harmless
    }

    /// Python 2's names of modules, in today's terms.
    static func canonicalModule(_ module: String) -> String {
        switch module {
        case "__builtin__": "builtins"
        case "copy_reg": "copyreg"
        case "cPickle": "_pickle"
        case "UserDict", "UserList", "UserString": "collections"
        default: module
        }
    }

    static func verdict(module: String, name: String) -> Verdict {
        guard isIdentifierPath(module), isIdentifierPath(name) else { return .refused }
        // A path of attributes reaches through a module into what it imported; nested classes are honest.
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > 1, !parts.allSatisfy({ looksLikeClass($0) }) { return .refused }
        let root =
            module.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
        guard standardLibrary.contains(root) else { return .harmless }
        if harmless.contains("\(module).\(name)") { return .harmless }
        if module == "typing" && looksLikeClass(Substring(name)) { return .harmless }
        if (module == "pathlib" || module.hasPrefix("pathlib.")) && name.hasSuffix("Path") { return .harmless }
        return .refused
    }

    /// Whether a third party's name is a class by the usual spelling: the call of a function is refused.
    static func looksLikeClass(_ name: Substring) -> Bool {
        let last = name.split(separator: ".").last ?? name
        return last.drop { $0 == "_" }.first.map { $0.isUppercase } ?? false
    }

    private static func isIdentifierPath(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isXIDContinue || scalar == "." || scalar == "-"
            }
    }

    private static let harmless: Set<String> = Set(
        [
            "object", "set", "frozenset", "list", "dict", "tuple", "bytearray", "bytes", "complex", "int", "long",
            "float", "bool", "str", "unicode", "slice", "range", "xrange", "type", "Ellipsis", "NotImplemented",
        ].map { "builtins.\($0)" } + [
            "copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__", "_codecs.encode",
            "collections.OrderedDict", "collections.defaultdict", "collections.deque", "collections.Counter",
            "collections.ChainMap", "collections.UserDict", "collections.UserList", "collections.UserString",
            "collections.IterableUserDict", "argparse.Namespace", "types.SimpleNamespace", "types.NoneType",
            "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "uuid.SafeUUID", "functools.partial",
            "array.array", "time.struct_time", "enum.Enum", "enum.IntEnum", "_io.BytesIO",
            "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone",
            "datetime.tzinfo",
        ])

    /// The top-level modules of Python 2.7 to 3.14, `sys.stdlib_module_names` of each and what came before it.
    private static let standardLibrary: Set<String> = Set(
        """
        __future__ __hello__ __phello__ _abc _aix_support _android_support _apple_support _ast _ast_unparse _asyncio
        _bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp
        _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle _compression _contextvars _crypt
        _csv _ctypes _curses _curses_panel _datetime _dbm _decimal _dummy_thread _elementtree _frozen_importlib
        _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac _imp _interpchannels _interpqueues
        _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec
        _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem
        _posixsubprocess _py_abc _py_warnings _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random
        _remote_debugging _scproxy _sha1 _sha2 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl
        _stat _statistics _string _strptime _struct _suggestions _symtable _sysconfig _thread _threading_local
        _tkinter _tokenize _tracemalloc _types _typing _uuid _warnings _weakref _weakrefset _winapi _winreg _wmi
        _zoneinfo _zstd abc aifc annotationlib antigravity anydbm argparse array ast asynchat asyncio asyncore atexit
        audioop base64 bdb binascii binhex bisect bsddb builtins bz2 cPickle cProfile cStringIO calendar cgi cgitb
        chunk cmath cmd code codecs codeop collections colorsys commands compileall compiler compression concurrent
        configparser contextlib contextvars copy copyreg cookielib crypt csv ctypes curses dataclasses datetime dbhash
        dbm decimal difflib dircache dis distutils doctest dumbdbm dummy_thread dummy_threading email encodings
        ensurepip enum errno exceptions faulthandler fcntl filecmp fileinput fnmatch formatter fpformat fractions
        ftplib functools future_builtins gc gdbm genericpath getopt getpass gettext glob graphlib grp gzip hashlib
        heapq hmac hotshot html htmlentitydefs htmllib http httplib idlelib ihooks imaplib imghdr imp importlib
        imputil inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma macpath macurl2path
        mailbox mailcap markupbase marshal math md5 mhlib mimetools mimetypes mimify mmap modulefinder msilib msvcrt
        multifile multiprocessing mutex netrc new nis nntplib nt ntpath nturl2path numbers opcode operator optparse os
        os2emxpath ossaudiodev parser pathlib pdb pickle pickletools pip pipes pkg_resources pkgutil platform plistlib
        popen2 poplib posix posixfile posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data
        pyexpat queue quopri random re readline repr reprlib resource rexec rfc822 rlcompleter robotparser runpy sched
        secrets select selectors setuptools sets sgmllib sha shelve shlex shutil signal site sitecustomize smtpd
        smtplib sndhdr socket socketserver spwd sqlite3 sre sre_compile sre_constants sre_parse ssl stat statistics
        statvfs string stringold stringprep strop struct subprocess sunau sunaudio symbol symtable sys sysconfig
        syslog tabnanny tarfile telnetlib tempfile termios test textwrap this thread threading time timeit tkinter
        toaiff token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata
        unittest urllib urllib2 urlparse user usercustomize uu uuid venv warnings wave weakref webbrowser whichdb
        winreg winsound wsgiref xdrlib xml xmllib xmlrpc xmlrpclib xreadlines xxlimited xxsubtype zipapp zipfile
        zipimport zlib zoneinfo
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
