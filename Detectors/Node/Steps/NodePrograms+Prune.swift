extension NodePrograms {
    /// Copies from an installed tree what production needs to `/out/dependencies`: packages that the service's
    /// dependencies lead to, found as Node itself finds them, whatever manager installed them.
    ///
    /// Arguments: the tree, the service's folder in it, CPU and C library of the image, the workspace's members that
    /// take part. Also writes
    /// `/out/installed.json`, the sizes of what was installed, by which the step `check` sees what the build adds.
    static let prune = #"""
        const fs=require('fs'),path=require('path')
        const [top,service,cpu,libc,...members]=process.argv.slice(1),out='/out/dependencies',mine=path.join(top,service)
        const stat=place=>{try{return fs.lstatSync(place)}catch{}}
        const real=place=>{try{return fs.realpathSync(place)}catch{}}
        const manifests=new Map()
        function manifest(folder){
          if(!manifests.has(folder)){
            let read={}
            try{read=JSON.parse(fs.readFileSync(folder+'/package.json','utf8').replace(/^\ufeff/,''))}catch{}
            manifests.set(folder,read)
          }
          return manifests.get(folder)
        }
        function allows(list,value){
          const names=list===undefined?[]:[].concat(list)
          return !names.includes('!'+value)&&(names.every(name=>name.startsWith('!'))||names.includes(value)||names.includes('any'))
        }
        const fits=found=>allows(found.os,'linux')&&allows(found.cpu,cpu)&&allows(found.libc,libc)
        // Reached packages by their real folders, and the entries of node_modules that lead to them.
        const kept=new Set(),entries=new Set(),queue=[]
        function reach(folder){if(!kept.has(folder)){kept.add(folder);queue.push(folder)}}
        function find(name,from){
          for(let place=from;;place=path.dirname(place)){
            if(path.basename(place)!=='node_modules'){
              const entry=`${place}/node_modules/${name}`,folder=real(entry)
              if(folder&&stat(folder+'/package.json'))return [entry,folder]
            }
            if(place===top||place==='/')return []
          }
        }
        reach(real(mine));if(real(top)!==real(mine))reach(real(top))
        while(queue.length){
          const folder=queue.shift(),read=manifest(folder),names=new Set(Object.keys({...read.dependencies,...read.optionalDependencies}))
          for(const name of Object.keys(read.peerDependencies||{}))
            if(!read.peerDependenciesMeta?.[name]?.optional)names.add(name)
          for(const name of [...names].sort()){
            const [entry,target]=find(name,folder)
            if(!target||!fits(manifest(target)))continue
            entries.add(entry);reach(target)
          }
        }
        const isPackage=folder=>path.relative(top,folder).split('/').includes('node_modules')
        const place=source=>path.join(out,path.relative(top,source))
        const hasTypeScript=[...kept].some(folder=>manifest(folder).name==='typescript'&&isPackage(folder))
        // Folders and files at the top of a package that only people read, unless code of the package names them.
        const aside=/^(tests?|__tests__|docs?|man|examples?|benchmarks?|coverage|\.github|(readme|changelog|changes|history|contributing|authors|code_of_conduct|security)(\..*)?)$/i
        const leftover=/^(Makefile|binding\.Makefile|config\.gypi|.*\.target\.mk|.*\.(o|a|d|h|hh|hpp|c|cc|cpp|cxx|gyp|gypi|mk|vcxproj|sln))$/
        function foreign(inner,name){
          const parent=path.basename(path.dirname(inner))
          if(parent==='prebuilds'){
            const [os,...rest]=name.split('-')
            return os!=='linux'&&/^(darwin|win32|android|freebsd|ios|openbsd|sunos|aix)/.test(os)||os==='linux'&&!rest.join('-').split('+').includes(cpu)
          }
          return name.endsWith('.node')&&(libc==='glibc'?/\bmusl\b/:/\bglibc\b/).test(name)
        }
        const sizes={}
        function copyPackage(folder,isHidden){
          const read=manifest(folder),files=[],text=[],had=sizes[path.relative(top,folder)]={}
          const bundles=read.bundleDependencies||read.bundledDependencies
          const isNative=!isHidden&&!!stat(folder+'/binding.gyp')
          ;(function walk(inner){
            for(const entry of fs.readdirSync(path.join(folder,inner),{withFileTypes:true}).sort((a,b)=>a.name<b.name?-1:1)){
              const name=path.join(inner,entry.name)
              if(inner===''&&entry.name==='node_modules'&&!bundles)continue
              const isLeft=isNative&&['build/Release/obj.target','build/Release/.deps','build/Release/obj','build/node_gyp_bins'].includes(name)
              if(isLeft||foreign(name,entry.name)||entry.name==='.bin'&&path.basename(inner)==='node_modules'){had[name]=-1;continue}
              if(entry.isDirectory())walk(name)
              else{
                files.push([name,entry])
                if(/\.[cm]?js$/.test(entry.name)&&entry.isFile())text.push(name)
              }
            }
          })('')
          const tops=new Set(files.map(([name])=>name.split('/')[0]).filter(name=>aside.test(name)))
          let code=JSON.stringify([read.main,read.exports,read.bin,read.browser,read.module])
          if(tops.size)for(const name of text)if(!tops.has(name.split('/')[0]))code+='\n'+fs.readFileSync(path.join(folder,name),'latin1')
          for(const name of tops){
            const word=name.replace(/\..*$/,'').replace(/[^\w]/g,'\\$&')
            if(word&&new RegExp('[\'"`/]'+word+'([.\'"`/]|$)','im').test(code))tops.delete(name)
          }
          for(const [name,entry] of files){
            const from=path.join(folder,name),to=path.join(place(folder),name)
            if(entry.isFile())had[name]=fs.statSync(from).size
            if(tops.has(name.split('/')[0])||isNative&&leftover.test(entry.name))continue
            if(!hasTypeScript&&/\.d\.[cm]?ts(\.map)?$/.test(entry.name))continue
            fs.mkdirSync(path.dirname(to),{recursive:true})
            if(entry.isSymbolicLink())fs.symlinkSync(fs.readlinkSync(from),to)
            else if(entry.isFile())fs.copyFileSync(from,to)
          }
          fs.mkdirSync(place(folder),{recursive:true})
        }
        const homes=new Set()
        for(const folder of [...kept].sort()){
          if(!isPackage(folder))continue
          copyPackage(folder)
          homes.add(folder.slice(0,folder.lastIndexOf('/node_modules/')+13))
        }
        // What installations generate beside packages, as .prisma; caches and the managers' own notes stay behind.
        for(const home of [...homes].sort())for(const entry of fs.readdirSync(home,{withFileTypes:true}))
          if(entry.isDirectory()&&/^\.(?!bin$|cache$|pnpm$|store$|bun$|vite|yarn|package|staging)/.test(entry.name))
            copyPackage(path.join(home,entry.name),true)
        const tree=[...entries]
        const inner=top+'/node_modules/.pnpm/node_modules'
        if(stat(inner))for(const name of fs.readdirSync(inner))
          tree.push(...(name.startsWith('@')?fs.readdirSync(`${inner}/${name}`).map(one=>`${name}/${one}`):[name]).map(one=>`${inner}/${one}`))
        for(const entry of tree.sort()){
          if(!stat(entry)?.isSymbolicLink()||!kept.has(real(entry)))continue
          fs.mkdirSync(path.dirname(place(entry)),{recursive:true})
          fs.symlinkSync(path.relative(path.dirname(entry),real(entry)),place(entry))
        }
        // Programs are links to their files, which Node can run; some managers make shell scripts of them.
        function link(home,folder){
          const {bin,name}=manifest(folder),all=typeof bin==='string'?{[(name||'').split('/').pop()]:bin}:bin||{}
          for(const [program,file] of Object.entries(all)){
            const target=path.join(place(folder),file),at=`${place(home)}/.bin/${program}`
            if(!/^[\w.@-]+$/.test(program)||stat(at)||!stat(target))continue
            fs.mkdirSync(path.dirname(at),{recursive:true})
            fs.chmodSync(target,0o755)
            fs.symlinkSync(path.relative(path.dirname(at),target),at)
          }
        }
        for(const folder of [mine,top,...members.map(one=>path.join(top,one))])fs.mkdirSync(place(folder+'/node_modules'),{recursive:true})
        for(const name of Object.keys({...manifest(real(mine)).dependencies,...manifest(real(mine)).optionalDependencies}).sort()){
          const [entry,folder]=find(name,real(mine))
          if(entry&&entries.has(entry)&&isPackage(folder))link(mine+'/node_modules',folder)
        }
        for(const entry of [...entries].sort()){
          const home=entry.slice(0,entry.lastIndexOf('/node_modules/')+13),folder=real(entry)
          if(!isPackage(path.dirname(home))&&isPackage(folder))link(home,folder)
        }
        fs.writeFileSync('/out/installed.json',JSON.stringify(sizes))
        """#

    /// The same for Yarn's archives: Yarn itself makes a tree without what only development needs.
    ///
    /// Arguments: the tree, the package's name, Yarn's command.
    static let pruneArchives = #"""
        const {spawnSync}=require('child_process'),fs=require('fs')
        const [top,name,...yarn]=process.argv.slice(1),out='/out/dependencies'
        fs.mkdirSync('/out',{recursive:true})
        fs.cpSync(top,out,{recursive:true,verbatimSymlinks:true})
        const done=spawnSync(yarn[0],[...yarn.slice(1),...(name?[name]:['--all'])],{cwd:out,stdio:'inherit'})
        if(done.error)throw done.error
        if(done.status!==0)console.log('Yarn cannot leave out what only development needs: all archives ship')
        for(const one of fs.readdirSync(out))
          if(one!=='.pnp.cjs'&&one!=='.yarn')fs.rmSync(`${out}/${one}`,{recursive:true})
        for(const one of fs.existsSync(out+'/.yarn')?fs.readdirSync(out+'/.yarn'):[])
          if(!['cache','unplugged','__virtual__'].includes(one))fs.rmSync(`${out}/.yarn/${one}`,{recursive:true})
        fs.mkdirSync(out+'/.yarn',{recursive:true})
        const used=fs.existsSync(out+'/.pnp.cjs')?fs.readFileSync(out+'/.pnp.cjs','utf8'):''
        for(const folder of ['.yarn/cache','.yarn/unplugged'])
          for(const one of fs.existsSync(`${out}/${folder}`)?fs.readdirSync(`${out}/${folder}`):[])
            if(!used.includes(`${folder}/${one}/`))fs.rmSync(`${out}/${folder}/${one}`,{recursive:true})
        if(!used){
          console.error(`Yarn made no .pnp.cjs in ${top}; write 'nodeLinker: node-modules' into .yarnrc.yml where it installs that`)
          process.exit(1)
        }
        """#
}
