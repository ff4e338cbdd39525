/// The small programs that steps of a Python build run in the builder's interpreter.
enum StepPrograms {
    /// Installs every wheel of `/wheels` by name and version: no index, no record of where the wheel lay.
    static let install = """
        import os,sys
        wheels=['=='.join(n.split('-')[:2]) for n in sorted(os.listdir('/wheels')) if n.endswith('.whl')]
        pip=[sys.executable,'-m','pip','--python','/opt/venv/bin/python','install','--no-index','--find-links','/wheels']
        if wheels:os.execv(pip[0],pip+['--no-deps','--no-compile','--no-warn-script-location']+wheels)
        """

    /// Removes from the installed tree what no running service reads.
    ///
    /// A package that imports its own tests or reads its stubs keeps them.
    static let prune = #"""
        import os,re,shutil
        top='/opt/venv'
        for name in ('include','share/doc','share/man','man'):shutil.rmtree(f'{top}/{name}',ignore_errors=True)
        for name in os.listdir(f'{top}/bin'):
            if re.match(r'activate|Activate',name):os.remove(f'{top}/bin/{name}')
        lib=f'{top}/lib/'+os.listdir(f'{top}/lib')[0]+'/site-packages'
        def uses(path,pattern):
            for folder,_,names in os.walk(path):
                if 'tests' in folder[len(path):].split('/'):continue
                for name in names:
                    if name.endswith('.py') and re.search(pattern,open(f'{folder}/{name}','rb').read(),re.M):return True
        for package in sorted(os.listdir(lib)):
            path=f'{lib}/{package}'
            if package.endswith('.dist-info') or os.path.islink(path) or not os.path.isdir(path):continue
            tests=not uses(path,rb'^\s*(from|import)\s+[\w.]*\btests\b|^\s*from\s+\.+\s+import\s[^#\n]*\btests\b')
            stubs=not uses(path,rb'attach_stub')
            for folder,folders,names in os.walk(path):
                if tests and os.path.basename(folder)=='tests' and any(re.match(r'__init__\.py|conftest\.py|test_',n) for n in names):
                    shutil.rmtree(folder);folders.clear();continue
                for name in names:
                    stem,end=os.path.splitext(name)
                    if end in('.c','.cc','.cpp','.h','.hpp','.pyx','.pxd','.pxi','.a') or end=='.pyi' and stubs or end=='.po' and f'{stem}.mo' in names:os.remove(f'{folder}/{name}')
        """#

    /// Compiles a folder to bytecode that is checked against nothing: no time of any file takes part.
    static let compile = """
        import compileall,py_compile,sys
        compileall.compile_dir(sys.argv[1],quiet=1,force=True,workers=1,invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        """
}
