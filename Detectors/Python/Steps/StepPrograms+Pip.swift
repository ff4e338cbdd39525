extension StepPrograms {
    /// What the programs around pip share: `line` is an argument as pip reads it, taken from its file where the argument
    /// only names a place; `write` makes a requirements file.
    private static let common = #"""
        import json,os,re,subprocess,sys,tempfile
        pip=[sys.executable,'-m','pip']
        def line(text):
            if not text.startswith('--from '):return text
            name,_,number=text[7:].rpartition(':')
            lines=open('/manifests/'+name,encoding='utf-8-sig').read().splitlines()[int(number)-1:]
            text=lines.pop(0)
            while text.endswith('\\') and lines:text=text[:-1]+' '+lines.pop(0)
            return re.sub(r'^\s*(-e|--editable)[\s=]+','',text)
        def write(path,lines):
            with open(path,'w') as file:file.write(''.join(line(l)+'\n' for l in lines))
            return path
        def part(mark):
            global args
            if mark not in args:return []
            at=args.index(mark)
            rest,args=args[at+1:],args[:at]
            return rest
        args=sys.argv[1:]

        """#

    /// Asks pip what it would install, and writes it to `/resolved/packages.json`.
    ///
    /// Arguments: options and requirements, `--constraints` and theirs, `--previous` and what was taken before, which is
    /// given up where nothing fits it.
    static let resolve =
        common + #"""
            from urllib.parse import unquote,urlsplit
            def report(constraints):
                with tempfile.TemporaryDirectory() as folder:
                    call=pip+['install','--dry-run','--ignore-installed','--report',folder+'/report']
                    if constraints:call+=['-c',write(folder+'/constraints.txt',constraints)]
                    code=subprocess.run(call+['-r',write(folder+'/requirements.txt',args)]).returncode
                    return code,None if code else json.load(open(folder+'/report'))['install']
            previous,constraints=part('--previous'),part('--constraints')
            code,items=report(constraints+previous)
            if code and previous:
                print('nothing fits the versions recorded before: resolving without them',flush=True)
                code,items=report(constraints)
            if code:sys.exit(code)
            packages=[]
            for item in items:
                info,url=item['download_info'],None
                if 'dir_info' in info:continue
                archive,vcs=info.get('archive_info',{}),info.get('vcs_info')
                part=f"#subdirectory={info['subdirectory']}" if info.get('subdirectory') else ''
                if vcs:url=f"{vcs['vcs']}+{info['url']}@{vcs['commit_id']}{part}"
                elif item.get('is_direct'):url=info['url']+part
                found={'name':re.sub('[-_.]+','-',item['metadata']['name']).lower(),'version':item['metadata']['version']}
                if not vcs:found['file']=os.path.basename(unquote(urlsplit(info['url']).path))
                sha256=archive.get('hashes',{}).get('sha256') or dict([archive.get('hash','=').split('=',1)]).get('sha256')
                if sha256:found['sha256']='sha256:'+sha256
                if url:found['url']=url
                packages.append(found)
            os.makedirs('/resolved',exist_ok=True)
            with open('/resolved/packages.json','w') as file:
                json.dump(sorted(packages,key=lambda p:p['name']),file,indent=1,sort_keys=True)
            """#

    /// Fetches or builds a wheel of each requirement into `/wheels`, hashes checked wherever there are any, and into
    /// `/backends` what projects of the tree need for their own builds.
    static let wheels =
        common + #"""
            backends=part('--backends')
            deps=[] if '--with-dependencies' in args else ['--no-deps']
            lines=[a for a in args if a not in('--with-dependencies','--resolved')]
            if '--resolved' in args:
                for p in json.load(open('/resolved/packages.json')):
                    l=f"{p['name']} @ {p['url']}" if 'url' in p else f"{p['name']}=={p['version']}"
                    lines.append(l+(' --hash='+p['sha256'] if 'sha256' in p else ''))
            options=[l for l in lines if l.startswith('-') and not (l.startswith('--from ') and not line(l).startswith('-'))]
            def fetch(target,more,options,lines):
                os.makedirs(target,exist_ok=True)
                if not lines:return
                with tempfile.TemporaryDirectory() as folder:
                    file=write(folder+'/requirements.txt',options+lines)
                    subprocess.run(pip+['wheel','--wheel-dir',target]+more+['-r',file]).returncode and sys.exit(1)
            hashed=[l for l in lines if '--hash=' in l]
            fetch('/wheels',deps+['--require-hashes'],options,hashed)
            fetch('/wheels',deps,options,[l for l in lines if l not in hashed and l not in options])
            where=[l for l in options if not re.match('--(no-binary|only-binary|prefer-binary|pre)',l)]
            projects=[[]]
            for l in backends:projects.append([]) if l=='--backends' else projects[-1].append(l)
            for requires in projects:
                if requires:fetch('/backends',[],where,requires)
            """#

    /// Installs builds' tools from `/backends`: arguments are lists as `wheels` has them, the first for `/tools/0`.
    ///
    /// `sitecustomize` reads their `.pth` files, as an isolated build of pip does.
    static let tools = #"""
        import os,subprocess,sys
        pip=[sys.executable,'-m','pip']
        lists=[]
        for text in sys.argv[1:]:lists.append([]) if text=='--backends' else lists[-1].append(text)
        for number,requires in enumerate(lists):
            folder='/tools/%d'%number
            os.makedirs(folder)
            call=pip+['install','--no-index','--find-links','/backends','--no-cache-dir','--no-warn-script-location']
            if requires and subprocess.run(call+['--target',folder]+requires).returncode:sys.exit(1)
            with open(folder+'/sitecustomize.py','w') as file:file.write(f'import site\nsite.addsitedir({folder!r})\n')
        """#

    /// Builds a wheel of each project, without index, and installs them below `/opt/service`.
    ///
    /// Arguments: a project's folder, then the folder of its build's tools, for each.
    static let project = #"""
        import os,subprocess,sys,tempfile
        pip=[sys.executable,'-m','pip']
        with tempfile.TemporaryDirectory() as wheels:
            for folder,tools in zip(sys.argv[1::2],sys.argv[2::2]):
                seen={'PATH':f"{tools}/bin:{os.environ.get('PATH',os.defpath)}",'PYTHONPATH':tools}
                call=pip+['wheel','--no-deps','--no-index','--no-build-isolation','--use-pep517','--no-cache-dir']
                subprocess.run(call+['--wheel-dir',wheels,folder],env={**os.environ,**seen}).returncode and sys.exit(1)
            made=['=='.join(name.split('-')[:2]) for name in sorted(os.listdir(wheels))]
            call=pip+['--python','/opt/venv/bin/python','install','--no-index','--find-links',wheels,'--no-cache-dir']
            call+=['--no-deps','--no-compile','--no-warn-script-location']
            subprocess.run(call+['--ignore-installed','--prefix','/opt/service']+made).returncode and sys.exit(1)

        """#
}
