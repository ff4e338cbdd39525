/// The small programs that steps of a Python build run in the builder's interpreter.
enum StepPrograms {
    /// Installs every wheel of `/wheels` by name and version: no index, no record of where the wheel lay.
    ///
    /// An argument is a folder of the service's own packages: a `.pth` file puts it on the path.
    static let install = """
        import os,subprocess,sys
        wheels=['=='.join(n.split('-')[:2]) for n in sorted(os.listdir('/wheels')) if n.endswith('.whl')]
        pip=[sys.executable,'-m','pip','--python','/opt/venv/bin/python','install','--no-index','--find-links','/wheels']
        pip+=['--no-deps','--no-compile','--no-warn-script-location']
        if wheels and subprocess.run(pip+wheels).returncode:sys.exit(1)
        for own in sys.argv[1:]:
            lib='lib/python%d.%d/site-packages'%sys.version_info[:2]
            with open(f'/opt/venv/{lib}/service.pth','w') as file:file.write(f'{own}/{lib}\\n')
        """

    /// Removes from an installed tree what no running service reads; arguments name what is kept of pip, setuptools, wheel.
    static let prune = "import os,re,shutil,sys\ntop,keep='/opt/venv',sys.argv[1:]\n" + pruning

    /// The same for the service's own packages.
    static let pruneService = "import os,re,shutil,sys\ntop,keep='/opt/service',()\n" + pruning

    /// Tests that nothing imports, stubs that nothing reads, sources of C code and translations, and the tools of an
    /// installation where no package needs them.
    private static let pruning = #"""
        for name in ('include','share/doc','share/man','man'):shutil.rmtree(f'{top}/{name}',ignore_errors=True)
        bin=f'{top}/bin'
        for name in os.listdir(bin) if os.path.isdir(bin) else ():
            if re.match('[aA]ctivate',name):os.remove(f'{bin}/{name}')
        lib=f'{top}/lib/python%d.%d/site-packages'%sys.version_info[:2]
        tests,stubs,users={'tests':set(),'test':set()},set(),{}
        statement=re.compile(rb'^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^#\n]*)|import[ \t]+([^#\n]+))',re.M)
        for folder,_,names in os.walk(lib):
            inside=os.path.relpath(folder,lib).split('/')
            if any(part in tests for part in inside):continue
            for name in names:
                if not name.endswith('.py'):continue
                own=name[:-3] if inside==['.'] else inside[0]
                text=open(f'{folder}/{name}','rb').read()
                if b'attach_stub' in text:stubs.add(own)
                for source,what,modules in statement.findall(text):
                    for module in [source+b' '+what] if source else modules.split(b','):
                        words=re.findall(r'\w+',module.decode(errors='replace'))
                        if not words:continue
                        root=own if module.lstrip().startswith(b'.') else words[0]
                        users.setdefault(root,set()).add(own)
                        for kind in tests:
                            if kind in words[0 if root==own else 1:]:tests[kind].add(root)
        for package in sorted(os.listdir(lib)) if os.path.isdir(lib) else ():
            path=f'{lib}/{package}'
            if package.endswith('.dist-info') or os.path.islink(path) or not os.path.isdir(path):continue
            for folder,folders,names in os.walk(path):
                kind=os.path.basename(folder)
                if kind in tests and package not in tests[kind]:
                    if any(re.match(r'conftest\.py|test_' if kind=='test' else r'__init__\.py|conftest\.py|test_',n) for n in names):
                        shutil.rmtree(folder);folders.clear();continue
                for name in names:
                    stem,end=os.path.splitext(name)
                    if end in('.c','.cc','.cpp','.h','.hpp','.pyx','.pxd','.pxi','.a') or end=='.pyi' and package not in stubs or end=='.po' and f'{stem}.mo' in names:os.remove(f'{folder}/{name}')
        tools={'pip':['pip'],'setuptools':['setuptools','pkg_resources','_distutils_hack','distutils'],'wheel':['wheel']}
        own={module for modules in tools.values() for module in modules}
        for tool,modules in tools.items():
            if tool in keep or any(users.get(module,set())-own for module in modules):continue
            for name in os.listdir(lib) if os.path.isdir(lib) else ():
                if name in modules or re.match(tool+r'-[^-]+\.dist-info$',name):shutil.rmtree(f'{lib}/{name}')
                elif tool=='setuptools' and name=='distutils-precedence.pth':os.remove(f'{lib}/{name}')
            for name in os.listdir(bin) if os.path.isdir(bin) else ():
                if re.match(tool+r'[0-9.]*$',name):os.remove(f'{bin}/{name}')
        """#

    /// Compiles folders to bytecode that is checked against nothing: no time of any file takes part.
    static let compile = """
        import compileall,py_compile,sys
        for folder in sys.argv[1:]:compileall.compile_dir(folder,quiet=1,force=True,workers=1,invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        """
}
